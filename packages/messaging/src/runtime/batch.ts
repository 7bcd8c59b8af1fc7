import { dataSchemaOf, type Envelope, type ServiceName } from '@comanda/contracts';
import type { Append, Cause, Needs, OutboxRow, Put, Transaction, WorkRow } from '@comanda/storage';
import type { Cancel, Emit, Schedule } from './effects.js';
import { ENTROPY, type Entropy } from './entropy.js';
import type { Context } from './handler.js';
import { leaseKey, newFence } from './lease.js';
import { resultOf } from './result.js';
import { RowSet } from './row-set.js';
import type { Decision, Task } from './task.js';

export interface BatchOptions {
  readonly service: ServiceName;
  /** For how long this process may take work of this kind that is due at once; `undefined`: it has no room. */
  readonly leaseSeconds: (kind: string, key: string) => number | undefined;
  /** The types of the events that the service may publish; left out: any. */
  readonly publishes?: ReadonlySet<string>;
  readonly entropy?: Entropy;
}

/** A piece of work: what it becomes, or nothing when it is struck out. */
interface WorkChange {
  readonly kind: string;
  readonly id: string;
  readonly becomes?: { readonly row: WorkRow; readonly leased: boolean };
}

/** What one transaction gathers while its tasks decide. */
export class Batch {
  readonly rows = new RowSet();
  readonly outbox: OutboxRow[] = [];
  readonly started: WorkRow[] = [];
  readonly scheduled: WorkRow[] = [];
  readonly #work = new Map<string, WorkChange>();
  readonly #context: Context;

  constructor(
    private readonly options: BatchOptions,
    private readonly now: Date,
  ) {
    this.#context = { now: now.toISOString(), ...(options.entropy ?? ENTROPY) };
  }

  async decide(transaction: Transaction, task: Task, needs: Needs): Promise<Decision> {
    // A predecessor in this batch has replaced the work or called it off: its lease is over as if committed before.
    if (task.claim.kind === 'lease' && this.#work.has(leaseKey(task.claim.job))) return { kind: 'not-ours' };
    let rows = this.rows.answer(needs);
    const { thenNeeds } = task;
    if (thenNeeds) {
      const more = resultOf(() => thenNeeds(rows));
      if (more.kind === 'threw') return { kind: 'failed', error: more.error };
      // Already there, unless a predecessor in this very batch wrote the row that names them.
      await this.rows.load(transaction, [more.value]);
      rows = { ...rows, ...this.rows.answer(more.value) };
    }
    const decided = resultOf(() => this.#apply(task, rows));
    return decided.kind === 'returned' ? decided.value : { kind: 'failed', error: decided.error };
  }

  #apply(task: Task, rows: Record<string, unknown>): Decision {
    const effects = task.decide(rows, this.#context);
    // Everything that can fail comes before anything that leaves a trace.
    const events = effects
      .filter((effect): effect is Emit => effect.kind === 'emit')
      .map((effect) => this.#event(effect, task.cause));
    const work = effects
      .filter((effect) => effect.kind === 'schedule' || effect.kind === 'cancel')
      .map((effect) => this.#workOf(effect, task));
    this.rows.apply(
      effects.filter((effect): effect is Put | Append => effect.kind === 'put' || effect.kind === 'append'),
    );
    this.outbox.push(...events);
    if (task.claim.kind === 'lease') this.#replace(task.claim.job);
    for (const change of work) this.#replace(change);
    const reply = effects.findLast((effect) => effect.kind === 'respond')?.reply;
    return reply ? { kind: 'done', reply } : { kind: 'done' };
  }

  async save(transaction: Transaction): Promise<void> {
    const struck = [];
    for (const { kind, id, becomes } of this.#work.values()) {
      if (!becomes) struck.push({ kind, id });
      else (becomes.leased ? this.started : this.scheduled).push(becomes.row);
    }
    await this.rows.save(transaction);
    await transaction.removeWork(struck);
    await transaction.putWork([...this.started, ...this.scheduled]);
    await transaction.addToOutbox(this.outbox, this.#context.now);
  }

  #replace({ kind, id, becomes }: WorkChange): void {
    this.#work.set(leaseKey({ kind, id }), { kind, id, ...(becomes && { becomes }) });
  }

  #workOf(effect: Schedule | Cancel, task: Task): WorkChange {
    if (effect.kind === 'cancel') return { kind: effect.work, id: effect.id };
    const { claim, cause } = task;
    const again = claim.kind === 'lease' && claim.job.kind === effect.work && claim.job.id === effect.id;
    const attempts = again ? claim.job.attempt : 0;
    const room = this.options.leaseSeconds(effect.work, effect.key);
    const fence = newFence(this.now, this.#context);
    const lease = effect.dueAt <= this.#context.now ? room : undefined;
    const row: WorkRow = {
      kind: effect.work,
      id: effect.id,
      tenantId: cause.tenantid,
      key: effect.key,
      dueAt: lease === undefined ? effect.dueAt : new Date(this.now.getTime() + lease * 1000).toISOString(),
      attempt: lease === undefined ? attempts : attempts + 1,
      // Never the number of an earlier life of the same work, also when its row was deleted in between.
      fence: Math.max(fence, again ? claim.job.fence + 1 : 0),
      payload: effect.payload,
      cause: {
        id: cause.id,
        tenantid: cause.tenantid,
        correlationid: cause.correlationid,
        ...(cause.traceparent && { traceparent: cause.traceparent }),
      },
    };
    return { kind: row.kind, id: row.id, becomes: { row, leased: lease !== undefined } };
  }

  #event({ event, id, subject, sequence, data }: Emit, cause: Cause): OutboxRow {
    if (event.publisher !== this.options.service)
      throw new Error(`${event.type} is published by ${event.publisher}, not by ${this.options.service}`);
    // Committed, it would stay in the outbox for ever: no consumer could get it.
    if (this.options.publishes?.has(event.type) === false)
      throw new Error(`${event.type} is not in the catalogue: no queue is bound to it`);
    const envelope: Envelope = {
      specversion: '1.0',
      id,
      type: event.type,
      source: this.options.service,
      time: this.#context.now,
      subject,
      datacontenttype: 'application/json',
      dataschema: dataSchemaOf(event.type, event.version),
      tenantid: cause.tenantid,
      correlationid: cause.correlationid,
      causationid: cause.id,
      sequence,
      ...(cause.traceparent && { traceparent: cause.traceparent }),
      data: event.data.parse(data),
    };
    return { messageId: id, type: event.type, body: JSON.stringify(envelope) };
  }
}
