import type { Committed } from '@comanda/messaging';
import type { Transaction } from '@comanda/storage';
import { type FaultPlan, Faults, type Strike } from './faults.js';
import { INVARIANTS } from './invariants/index.js';
import type { Watch } from './invariants/watch.js';
import { partsOf } from './platform.js';
import { type Runtime, SOUND } from './runtime.js';
import { Violation } from './violation.js';
import { type Workload, workloadOf } from './workload.js';
import { Broker, READERS, type Reader } from './world/broker.js';
import { Chance } from './world/chance.js';
import type { Process } from './world/process.js';
import { Provider } from './world/provider.js';
import { Receivers } from './world/receivers.js';
import { Service, type Witness } from './world/service.js';
import { Store } from './world/store.js';
import { type Life, NeverAtRest, TimeLine } from './world/time-line.js';

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
  options: { runtime?: Runtime; trace?: boolean } = {},
): Promise<History> {
  const { runtime = SOUND, trace: traced = false } = options;
  const faults = new Faults(plan.seed, plan.faults);
  const workload = chosen(workloadOf({ seed: plan.seed, start: START }, plan.orders), plan.only);
  const chance = new Chance(plan.seed, 0x5eed);
  const timeLine = new TimeLine({
    chance,
    start: START,
    limit: STEPS_PER_ERRAND * (workload.errands.length + 4),
    mayGoOn: (life) => {
      const process = processOf(life);
      if (!process?.dies) return true;
      process.crash();
      return false;
    },
  });
  const trace: string[] = [];
  const note = (line: () => string) => {
    if (traced) trace.push(`${((timeLine.now - START) / 1_000).toFixed(3).padStart(9)} ${line()}`);
  };
  const watches: Watch[] = [];
  const services = new Map<Reader, Service>();
  const broker = new Broker(timeLine, faults, {
    ready: (reader) => services.get(reader)?.wake(),
    gone: (reader, copy) => {
      for (const watch of watches) watch.gone?.(reader, copy);
    },
  });
  const provider = new Provider({
    faults,
    timeLine,
    seed: plan.seed,
    moved: () => {
      for (const watch of watches) watch.moved?.();
    },
    note,
    calls: (envelope) => broker.publish(envelope),
  });
  const receivers = new Receivers(faults);
  const witness: Witness = {
    note,
    committed(commit) {
      if (traced)
        for (const line of linesOf(commit.tasks, commit.committed)) note(() => `${commit.service} ${line}`);
      for (const watch of watches) watch.committed?.(commit);
    },
    published(event, by) {
      note(() => `${by} publishes ${event.type} ${event.messageId}`);
      for (const watch of watches) watch.published?.(event, by);
    },
  };
  const store = (reader: Reader) =>
    new Store(
      (result) => early(result, reader),
      (transaction) => mutated(runtime, transaction),
    );
  /** Published before it is committed: only a mutation does that. */
  const early = (result: unknown, by: Reader) => {
    if (runtime.publishesAfterCommit || !isCommitted(result)) return;
    for (const row of result.outbox) witness.published(row, by);
  };
  const stores: Record<Reader, Store> = {
    'orders-service': store('orders-service'),
    'products-service': store('products-service'),
    'payments-service': store('payments-service'),
    'webhook-publisher': store('webhook-publisher'),
  };
  for (const invariant of INVARIANTS)
    watches.push(invariant({ workload, stores, broker, provider, receivers }));

  const parts = partsOf({
    workload,
    stores,
    provider: runtime.provider(provider),
    receivers,
    clock: () => new Date(timeLine.now),
  });
  let ids = 0;
  const commitMs = chance.pick([10, 200, 1_000, 3_000]);
  const [envelopes, messages] = [new Map(), new Map()];
  for (const name of READERS) {
    const service = new Service({
      name,
      handlers: parts[name].handlers.map((handler) => runtime.handler(name, handler)),
      work: parts[name].work.map((kind) => runtime.work(kind)),
      store: stores[name],
      broker,
      timeLine,
      chance,
      faults,
      runtime,
      witness,
      instances: chance.pick([1, 1, 2, 3]),
      commitMs,
      envelopes,
      messages,
      entropy: {
        newId: () => chance.id(timeLine.now, ids++),
        random: () => chance.next(),
        newSecret: () => chance.bytes(32),
      },
    });
    services.set(name, service);
  }

  let violation: Violation | undefined;
  try {
    for (const opening of [workload.subscriptions, workload.opening]) {
      for (const { envelope } of opening) broker.publish(envelope);
      await timeLine.run();
    }
    const opened = timeLine.now;
    let last = opened;
    for (const { at, envelope } of workload.errands.flatMap(({ sent }) => sent)) {
      last = Math.max(last, opened + at);
      timeLine.at(opened + at, () => {
        note(() => `a client sends ${envelope.type} ${envelope.id} for ${envelope.subject}`);
        broker.publish(envelope);
      });
    }
    timeLine.at(last + AFTERMATH_MS, () => faults.stop());
    await timeLine.run();
    for (const watch of watches) watch.atRest?.();
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

function endsOf(store: Store, table: string): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { status } of store.rows(table).values()) ends[String(status)] = (ends[String(status)] ?? 0) + 1;
  return ends;
}

/** What the mutations of the inbox and of the fences make of a transaction. */
function mutated({ inboxDecides, fences }: Runtime, transaction: Transaction): Transaction {
  if (!inboxDecides) {
    const claim = transaction.claimInbox.bind(transaction);
    transaction.claimInbox = async (messageIds, now) => {
      await claim(messageIds, now);
      return new Set(messageIds);
    };
  }
  if (!fences) transaction.heldLeases = async (leases) => [...leases];
  return transaction;
}

const processOf = (life: Life): Process | undefined =>
  'process' in life ? (life.process as Process) : undefined;

const isCommitted = (result: unknown): result is Committed =>
  typeof result === 'object' && result !== null && 'outbox' in result && 'decisions' in result;

const linesOf = (
  tasks: readonly { name: string; cause: { id: string } }[],
  { decisions, outbox }: Committed,
): string[] => [
  ...tasks.map(({ name, cause }, at) => `"${name}" because of ${cause.id}: ${decisions[at]?.kind}`),
  ...outbox.map(({ type, messageId }) => `tells ${type} ${messageId}`),
];
