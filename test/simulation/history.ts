import type { Envelope } from '@comanda/contracts';
import type { Committed } from '@comanda/messaging';
import { type FaultPlan, Faults, type Strike } from './faults.js';
import { INVARIANTS } from './invariants/index.js';
import type { Watch } from './invariants/watch.js';
import { partsOf } from './platform.js';
import { SOUND, type Variation } from './variation.js';
import { Violation } from './violation.js';
import { type Workload, workloadOf } from './workload.js';
import { Broker, perReader, READERS } from './world/broker.js';
import { Chance } from './world/chance.js';
import { MemoryStore } from './world/memory-store.js';
import { startProcess, survives, type Witness } from './world/process.js';
import { Provider } from './world/provider.js';
import { Receivers } from './world/receivers.js';
import { Redis } from './world/redis.js';
import { NeverAtRest, TimeLine, WORLD } from './world/time-line.js';

/** Everything that determines a history: the same plan is the same history, to the last step. */
export interface Plan {
  readonly seed: number;
  /** How many errands there are: orders, and now and then something that staff do. */
  readonly orders: number;
  /** Which of them are run; all when left out. */
  readonly only?: readonly number[];
  readonly faults: FaultPlan;
}

export interface History {
  readonly plan: Plan;
  readonly violation: Violation | undefined;
  readonly steps: number;
  /** Orders that were placed. */
  readonly orders: number;
  readonly struck: readonly Strike[];
  /** What happened, line by line; only when it was asked for. */
  readonly trace: readonly string[];
  /** How the orders ended, by status. */
  readonly ends: Readonly<Record<string, number>>;
  /** How the refunds that staff asked for ended, by status. */
  readonly refunds: Readonly<Record<string, number>>;
}

const START = Date.parse('2026-01-01T00:00:00.000Z');
const STEPS_PER_ERRAND = 5_000;
/** After the last command, until the faults stop. */
const AFTERMATH_MS = 60_000;

/** Runs one history to its end, or to the first violation. */
export async function runHistory(
  plan: Plan,
  options: { variation?: Variation; trace?: boolean } = {},
): Promise<History> {
  const { variation = SOUND, trace: traced = false } = options;
  const faults = new Faults(plan.seed, plan.faults);
  const workload = chosen(workloadOf({ seed: plan.seed, start: START }, plan.orders), plan.only);
  const chance = new Chance(plan.seed, 0x5eed);
  const stores = perReader(() => new MemoryStore());
  const timeLine = new TimeLine({
    chance,
    start: START,
    limit: STEPS_PER_ERRAND * (workload.errands.length + 4),
    mayGoOn: (life) => survives(life, faults),
    atRest: () =>
      broker.isEmpty &&
      READERS.every((name) => stores[name].rows('outbox').size + stores[name].rows('work').size === 0),
  });
  const trace: string[] = [];
  const note = (line: () => string) => {
    if (traced) trace.push(`${((timeLine.now - START) / 1_000).toFixed(3).padStart(9)} ${line()}`);
  };
  const watches: Watch[] = [];
  /** A violation ends the history, whichever watch finds it. */
  const watch = (report: (watch: Watch) => void) => {
    try {
      for (const one of watches) report(one);
    } catch (error) {
      timeLine.fail(error);
    }
  };
  const broker = new Broker({
    timeLine,
    faults,
    chance,
    gone: (reader, event) => watch((one) => one.gone?.(reader, event)),
    newId: () => entropy.newId(),
  });
  const provider = new Provider({
    faults,
    timeLine,
    seed: plan.seed,
    moved: () => watch((one) => one.moved?.()),
    note,
    calls: (envelope) => broker.send([envelope]),
  });
  const receivers = new Receivers(faults);
  const witness: Witness = {
    note,
    committed(service, committed, changes) {
      const { tasks, outbox } = committed;
      if (traced) for (const line of linesOf(committed)) note(() => `${service} ${line}`);
      // Not parsed by its schema here: its consumer does that, and a body that breaks it ends in the dead letters.
      const published = outbox.map(({ body }) => JSON.parse(body) as Envelope);
      watch((one) => one.committed?.({ service, tasks, committed, published, changes }));
    },
    published(message, service) {
      note(() => `${service} publishes ${message.routingKey} ${message.messageId}`);
      watch((one) => one.published?.(message, service));
    },
  };
  for (const invariant of INVARIANTS)
    watches.push(invariant({ workload, stores, broker, provider, receivers }));

  const parts = partsOf({
    workload,
    stores,
    provider: variation.provider(provider),
    receivers,
    clock: () => new Date(timeLine.now),
  });
  let ids = 0;
  const entropy = {
    newId: () => chance.id(timeLine.now, ids++),
    random: () => chance.next(),
    newSecret: () => chance.bytes(32),
  };
  const [commitMs, prefetch, sweepMs, pollMs] = [
    chance.pick([10, 200, 1_000, 3_000]),
    chance.pick([3, 50, 1_000]),
    chance.pick([10_000, 40_000]),
    chance.pick([120_000, 600_000]),
  ];
  /** How long a turn of the gateway is: what clients send in it goes in frames. */
  const turnMs = chance.pick([1, 1_000, 5_000]);
  const withRedis = chance.likely(0.7);
  for (const service of READERS) {
    const redis = withRedis ? new Redis(timeLine, faults) : undefined;
    const { handlers, work } = parts[service];
    const instances = chance.pick([1, 1, 2, 3]);
    for (let nth = 1; nth <= instances; nth++)
      startProcess({
        name: `${service} ${nth}`,
        service,
        handlers: handlers.map((handler) => variation.handler(service, handler)),
        work: work.map((kind) => variation.work(kind)),
        ...{ broker, redis, timeLine, chance, faults, entropy, variation, witness },
        store: stores[service],
        ...{ commitMs, prefetch, sweepMs, pollMs },
      });
  }

  let violation: Violation | undefined;
  try {
    for (const opening of [workload.subscriptions, workload.opening]) {
      broker.send(opening.map(({ envelope }) => envelope));
      await timeLine.run();
    }
    let last = 0;
    const turns = Map.groupBy(
      workload.errands.flatMap(({ sent }) => sent),
      ({ at }) => Math.ceil(at / turnMs) * turnMs,
    );
    for (const [at, sent] of turns) {
      last = Math.max(last, at);
      timeLine.later(WORLD, at, () => {
        for (const { envelope } of sent)
          note(() => `a client sends ${envelope.type} ${envelope.id} for ${envelope.subject}`);
        broker.send(sent.map(({ envelope }) => envelope));
      });
    }
    for (const { retry } of workload.errands) {
      if (!retry) continue;
      last = Math.max(last, retry.at);
      timeLine.later(WORLD, retry.at, () => {
        const deliveryIds = deliveriesOf(stores['webhook-publisher'], retry.tenantId);
        if (deliveryIds.length > 0) broker.send([retry.command(deliveryIds)]);
      });
    }
    timeLine.later(WORLD, last + AFTERMATH_MS, () => faults.stop());
    await timeLine.run();
    for (const one of watches) one.atRest?.();
  } catch (error) {
    if (error instanceof Violation) violation = error;
    else if (error instanceof NeverAtRest) violation = new Violation('comes-to-rest', error.message);
    else throw error;
  }
  return {
    plan,
    violation,
    steps: timeLine.steps,
    orders: workload.errands.filter(({ order }) => order).length,
    struck: faults.struck,
    trace,
    ends: endsOf(stores['orders-service'], 'orders'),
    refunds: endsOf(stores['orders-service'], 'refund_requests'),
  };
}

const chosen = (workload: Workload, only: readonly number[] | undefined): Workload =>
  only === undefined
    ? workload
    : { ...workload, errands: workload.errands.filter((_, at) => only.includes(at)) };

const deliveriesOf = (store: MemoryStore, tenantId: string): string[] =>
  [...store.rows('deliveries').values()]
    .filter((row) => row.tenantId === tenantId)
    .map(({ deliveryId }) => String(deliveryId));

function endsOf(store: MemoryStore, table: string): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { status } of store.rows(table).values()) ends[String(status)] = (ends[String(status)] ?? 0) + 1;
  return ends;
}

const linesOf = ({ tasks, decisions, outbox }: Committed): string[] => [
  ...tasks.map(({ name, cause }, at) => `"${name}" because of ${cause.id}: ${decisions[at]?.kind}`),
  ...outbox.map(({ type, messageId }) => `commits ${type} ${messageId}`),
];
