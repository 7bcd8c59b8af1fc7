import type { Envelope, Message } from '@comanda/contracts';
import {
  type Committed,
  type Entropy,
  type Handler,
  incoming,
  parsed,
  type Task,
  type WorkKind,
} from '@comanda/messaging';
import type { OutboxRow } from '@comanda/storage';
import type { Faults } from '../faults.js';
import type { Runtime } from '../runtime.js';
import type { Broker, Reader } from './broker.js';
import type { Chance } from './chance.js';
import { Process } from './process.js';
import type { Copy, Queue } from './queue.js';
import type { Change, Store } from './store.js';
import type { TimeLine } from './time-line.js';

/** Whoever watches over what happens. */
export interface Witness {
  committed(commit: Commit): void;
  published(event: OutboxRow, by: Reader): void;
  note(line: () => string): void;
}

/** One transaction that went through. */
export interface Commit {
  readonly service: Reader;
  readonly tasks: readonly Task[];
  readonly committed: Committed;
  readonly told: readonly Envelope[];
  /** By table. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
}

export interface ServiceOptions {
  readonly name: Reader;
  readonly handlers: readonly Handler[];
  readonly work: readonly WorkKind[];
  readonly store: Store;
  readonly broker: Broker;
  readonly timeLine: TimeLine;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly runtime: Runtime;
  readonly witness: Witness;
  readonly instances: number;
  /** How long a commit may take: the slower, the larger the batches. */
  readonly commitMs: number;
  /** What was parsed, by the id of the message: it is the same for all. */
  readonly envelopes: Map<string, Envelope>;
  readonly messages: Map<string, Message<unknown>>;
  readonly entropy: Entropy;
}

const SWEEP_MS = 1_000;
const FRESH_MS = 2_000;
const MAX_DOWN_MS = 5_000;

/** One service: its database, its queue, its processes, and the alarms that its due work sets. */
export class Service {
  readonly name: Reader;
  readonly queue: Queue;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly kinds: ReadonlyMap<string, WorkKind>;
  /** What Redis knows: messages that are done. */
  readonly processed = new Set<string>();
  readonly #processes: Process[] = [];
  #sweepAt = Number.POSITIVE_INFINITY;

  constructor(readonly options: ServiceOptions) {
    this.name = options.name;
    this.queue = options.broker.queues[options.name];
    this.handlers = new Map(options.handlers.map((handler) => [handler.on.type, handler]));
    this.kinds = new Map(options.work.map((kind) => [kind.kind, kind]));
    for (let nth = 1; nth <= options.instances; nth++) this.#start(`${options.name} ${nth}`);
  }

  /** There is something in the queue: one of those that have nothing to do takes it. */
  wake(): void {
    const idle = this.#processes.filter((process) => process.idle);
    if (idle.length > 0) this.options.chance.pick(idle).wake();
  }

  /** What a copy's body says, by its schemas; every reader's is the same. Throws when it fits none. */
  messageOf({ id, envelope }: Copy, handler: Handler): Message<unknown> {
    const { messages } = this.options;
    const message = messages.get(id) ?? parsed(handler.on, envelope);
    messages.set(id, message);
    return message;
  }

  /** What goes on the wire, as whoever reads it parses it. */
  envelopeOf({ messageId, body }: OutboxRow): Envelope {
    const { envelopes } = this.options;
    const envelope = envelopes.get(messageId) ?? incoming(Buffer.from(body));
    envelopes.set(messageId, envelope);
    return envelope;
  }

  crash(process: Process): void {
    const { timeLine, chance, witness } = this.options;
    witness.note(() => `${process.name} crashes`);
    process.life.over = true;
    this.#processes.splice(this.#processes.indexOf(process), 1);
    process.leave();
    if (this.queue.ready.length > 0) this.wake();
    timeLine.at(timeLine.now + chance.between(10, MAX_DOWN_MS), () => {
      witness.note(() => `${process.name} starts again`);
      this.#start(process.name);
    });
  }

  /** Somebody looks for due work of this kind then. */
  expectWork(kind: string, dueAt: string): void {
    const { timeLine } = this.options;
    timeLine.at(Math.max(Date.parse(dueAt), timeLine.now) + 1, () => this.#look(kind));
  }

  /** Somebody looks for events that were left in the outbox. */
  expectSweep(): void {
    const { timeLine, runtime } = this.options;
    if (!runtime.sweepsOutbox || this.#sweepAt !== Number.POSITIVE_INFINITY) return;
    this.#sweepAt = timeLine.now + FRESH_MS + SWEEP_MS;
    timeLine.at(this.#sweepAt, () => {
      this.#sweepAt = Number.POSITIVE_INFINITY;
      if (this.options.store.rows('outbox').size === 0) return;
      this.#any((process) => process.outbox.sweep(FRESH_MS));
      this.expectSweep();
    });
  }

  #look(kind: string): void {
    const now = new Date(this.options.timeLine.now).toISOString();
    for (const row of this.options.store.rows('work').values()) {
      if (row.kind !== kind || String(row.dueAt) > now) continue;
      const kindOfWork = this.kinds.get(kind);
      // Whoever starts again looks for everything.
      if (kindOfWork) this.#any((process) => process.jobs.claim(kindOfWork));
      return;
    }
  }

  /** Has one of the processes do it; none may be up. */
  #any(act: (process: Process) => Promise<void>): void {
    if (this.#processes.length === 0) return;
    const process = this.options.chance.pick(this.#processes);
    process.spawn(() => act(process));
  }

  #start(name: string): void {
    const process = new Process(name, this);
    this.#processes.push(process);
    process.start();
    for (const kind of this.kinds.keys()) this.#look(kind);
    if (this.options.runtime.sweepsOutbox) process.spawn(() => process.outbox.sweep(0));
  }
}
