import type { Lease, Needs, OutboxRow, Store, Transaction, WorkRow } from '@comanda/storage';
import { failpoint } from '../failpoints.js';
import { Batch, type BatchOptions } from './batch.js';
import { heldKey } from './lease.js';
import type { Timers } from './ports.js';
import { type Result, resultOf } from './result.js';
import { type RowSet, tablesOf } from './row-set.js';
import type { Decision, Task } from './task.js';

export interface Committed {
  readonly tasks: readonly Task[];
  /** In the order of the tasks. */
  readonly decisions: readonly Decision[];
  readonly outbox: readonly OutboxRow[];
  /** Work that was due at once and is leased to this process already. */
  readonly started: readonly WorkRow[];
  /** Work that was written down for later. */
  readonly scheduled: readonly WorkRow[];
}

export interface UnitOfWorkOptions extends BatchOptions {
  readonly store: Pick<Store, 'transaction'>;
  readonly timers: Pick<Timers, 'now'>;
}

/**
 * Decides a batch of tasks in one transaction. However many tasks there are, the number of statements is the same:
 * ask what is wanted, claim that, load each table, decide in memory, save each table, outbox, commit.
 */
export class UnitOfWork {
  constructor(private readonly options: UnitOfWorkOptions) {}

  /** @param published ids of outbox rows that reached the broker; they are taken out in passing. */
  async run(tasks: readonly Task[], published: readonly string[]): Promise<Committed> {
    const tenants = tasks.flatMap(tenantsOf);
    const committed = await this.options.store.transaction(async (transaction) => {
      const now = this.options.timers.now();
      const batch = new Batch(this.options, now);
      const wanted = await whichAreWanted(transaction, batch.rows, tasks);
      const ours = await claim(transaction, tasks, wanted, now.toISOString());
      const asked = tasks.map((task, at) => (ours[at] ? resultOf(() => task.needs()) : undefined));
      const first = valuesOf(asked);
      // First only the tables whose rows name further ones: then all that is wanted of another table is loaded, and
      // locked, at once and in order. In two turns, instances with overlapping batches would wait for each other.
      const naming = valuesOf(asked.filter((_, at) => tasks[at]?.thenNeeds));
      if (naming.length > 0) await batch.rows.load(transaction, first, tablesOf(naming));
      const more = tasks.map(({ thenNeeds }, at) => {
        const needs = asked[at];
        return thenNeeds && needs?.kind === 'returned'
          ? resultOf(() => thenNeeds(batch.rows.answer(needs.value)))
          : undefined;
      });
      await batch.rows.load(transaction, [...first, ...valuesOf(more)]);

      const decisions: Decision[] = [];
      for (const [at, task] of tasks.entries()) {
        const needs = asked[at];
        // The same message twice: the second is no duplicate of what was not done.
        if (!wanted[at]) decisions.push({ kind: 'not-wanted' });
        else if (!needs) decisions.push(failedBefore(tasks, decisions, task) ?? { kind: 'not-ours' });
        else if (needs.kind === 'threw') decisions.push({ kind: 'failed', error: needs.error });
        else decisions.push(await batch.decide(transaction, task, needs.value));
      }

      const failed = tasks.filter((_, at) => decisions[at]?.kind === 'failed');
      await transaction.forgetInbox(
        failed.flatMap(({ claim, cause }) => (claim.kind === 'inbox' ? [cause.id] : [])),
      );
      await batch.save(transaction);
      await transaction.removeFromOutbox(published);
      failpoint('before-commit', tasks);
      return { tasks, decisions, outbox: batch.outbox, started: batch.started, scheduled: batch.scheduled };
    }, tenants);
    failpoint('after-commit', tasks);
    return committed;
  }
}

/** The failure of the same message, earlier in the batch. */
const failedBefore = (
  tasks: readonly Task[],
  decisions: readonly Decision[],
  { claim, cause }: Task,
): Decision | undefined =>
  claim.kind === 'inbox'
    ? decisions.find(({ kind }, at) => {
        const earlier = tasks[at];
        return kind === 'failed' && earlier?.claim.kind === 'inbox' && earlier.cause.id === cause.id;
      })
    : undefined;

/** The needs of those that have some; an error here comes up again, and is reported, when its task is decided. */
const valuesOf = (needs: readonly (Result<Needs> | undefined)[]): Needs[] =>
  needs.flatMap((result) => (result?.kind === 'returned' ? [result.value] : []));

/** Work that turned out to be another tenant's is taken out where it was written down. */
const tenantsOf = ({ cause, claim }: Task): string[] =>
  claim.kind === 'lease' ? [cause.tenantid, claim.job.tenantId] : [cause.tenantid];

/** For each task whether anybody wants it; those that don't say are wanted. */
async function whichAreWanted(
  transaction: Transaction,
  rows: RowSet,
  tasks: readonly Task[],
): Promise<boolean[]> {
  await rows.load(
    transaction,
    tasks.flatMap(({ wanted }) => (wanted ? [wanted.needs()] : [])),
  );
  return tasks.map(({ wanted }) => !wanted || wanted.by(rows.answer(wanted.needs())));
}

/** For each task whether it is this transaction's to do. */
async function claim(
  transaction: Transaction,
  tasks: readonly Task[],
  wanted: readonly boolean[],
  now: string,
): Promise<boolean[]> {
  const messages = tasks.flatMap(({ claim, cause }, at) =>
    claim.kind === 'inbox' && wanted[at] ? [cause.id] : [],
  );
  const leases = tasks.flatMap(({ claim }): Lease[] => (claim.kind === 'lease' ? [claim.job] : []));
  const [fresh, stillHeld] = await Promise.all([
    transaction.claimInbox(messages, now),
    transaction.heldLeases(leases),
  ]);
  const held = new Set(stillHeld.map(heldKey));
  // delete(): the second of two equal ones in a batch finds the first one's place taken.
  return tasks.map(({ claim, cause }) =>
    claim.kind === 'inbox' ? fresh.delete(cause.id) : held.delete(heldKey(claim.job)),
  );
}
