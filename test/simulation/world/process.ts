import type { Logger } from '@comanda/kit';
import {
  type Committed,
  type Entropy,
  EXCHANGE,
  type Handler,
  type Outgoing,
  RETRY_SECONDS,
  ServiceRuntime,
  type WorkKind,
} from '@comanda/messaging';
import type { Faults } from '../faults.js';
import type { Variation } from '../variation.js';
import type { Broker, Reader } from './broker.js';
import type { Chance } from './chance.js';
import type { Change, MemoryStore } from './memory-store.js';
import { ProcessStore } from './process-store.js';
import type { Redis } from './redis.js';
import { type Life, type TimeLine, WORLD } from './time-line.js';
import { timersOf } from './timers.js';
import { SimulatedTransport } from './transport.js';

const MAX_CALL_MS = 2_000;
const MAX_DOWN_MS = 5_000;

/** The watches over what happens. */
export interface Witness {
  committed(service: Reader, committed: Committed, changes: ReadonlyMap<string, readonly Change[]>): void;
  published(message: Outgoing, service: Reader): void;
  note(line: () => string): void;
}

export interface ProcessOptions {
  readonly name: string;
  readonly service: Reader;
  readonly handlers: readonly Handler[];
  readonly work: readonly WorkKind[];
  readonly broker: Broker;
  readonly store: MemoryStore;
  readonly redis: Redis | undefined;
  readonly timeLine: TimeLine;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly entropy: Entropy;
  readonly variation: Variation;
  readonly witness: Witness;
  readonly prefetch: number;
  readonly commitMs: number;
  readonly sweepMs: number;
  readonly pollMs: number;
}

/** One life of a process, which may end before anything that happens in it. */
class ProcessLife implements Life {
  over = false;

  constructor(private readonly ended: () => void) {}

  end(): void {
    this.over = true;
    this.ended();
  }
}

/** Whether what is to happen in this life happens: its process may die first. */
export function survives(life: Life, faults: Faults): boolean {
  if (!(life instanceof ProcessLife) || faults.strikes('crash') === undefined) return true;
  life.end();
  return false;
}

/** Starts a process of a service: the production runtime on simulated ports. When it crashes, it starts again later. */
export function startProcess(options: ProcessOptions): void {
  const { name, service, timeLine, chance, faults, witness, variation, store, redis, commitMs } = options;
  const note = (line: () => string) => witness.note(() => `${name} ${line()}`);
  const life = new ProcessLife(() => {
    note(() => 'crashes');
    transport.end();
    timeLine.later(WORLD, chance.between(10, MAX_DOWN_MS), () => {
      note(() => 'starts again');
      startProcess(options);
    });
  });
  const transport = new SimulatedTransport({
    ...options,
    reader: service,
    life,
    note,
    published: (message) => {
      if (message.exchange === EXCHANGE) witness.published(message, service);
    },
  });
  const committed = (result: unknown, changes: ReadonlyMap<string, readonly Change[]>) => {
    if (isCommitted(result)) witness.committed(service, result, changes);
  };
  const ports = variation.ports({
    transport,
    store: new ProcessStore({ store, life, timeLine, faults, chance, commitMs, committed }),
    fastPath: redis?.fastPathOf(life),
  });
  new ServiceRuntime({
    ...options,
    ...ports,
    work: options.work.map((kind) => slowly(kind, { ...options, life, note })),
    retrySeconds: RETRY_SECONDS,
    timers: timersOf(life, timeLine),
    claimLock: undefined,
    logger: loggerOf(note),
  }).start();
}

/** Work whose call to the outside takes time: now and then longer than its lease. */
function slowly(
  kind: WorkKind,
  {
    life,
    timeLine,
    faults,
    chance,
    note,
  }: ProcessOptions & { life: Life; note: (line: () => string) => void },
): WorkKind {
  const sleep = (ms: number) => new Promise<void>((resolve) => timeLine.later(life, ms, resolve, false));
  return {
    ...kind,
    async run(job) {
      const slow = faults.strikes('slow');
      const takesMs = slow === undefined ? chance.below(MAX_CALL_MS) : kind.leaseSeconds * 1_000 * (1 + slow);
      // The world takes it at the one end of that time or at the other.
      const atOnce = chance.likely(0.5);
      if (!atOnce) await sleep(takesMs);
      const { id, attempt } = job as { id: string; attempt: number };
      note(() => `runs ${kind.kind} ${id}, attempt ${attempt}`);
      const result = await kind.run(job);
      if (atOnce) await sleep(takesMs);
      return result;
    },
  };
}

const loggerOf = (note: (line: () => string) => void): Logger => {
  const log = (fields: object, message: string) => note(() => `says: ${message} ${JSON.stringify(fields)}`);
  return { debug: () => undefined, info: log, warn: log, error: log };
};

const isCommitted = (result: unknown): result is Committed =>
  typeof result === 'object' && result !== null && 'decisions' in result;
