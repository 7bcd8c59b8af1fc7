import type { Sql } from '@comanda/storage';
import { selectList, statementsOf, table } from '@comanda/storage';
import type { Entropy } from '../runtime/entropy.js';
import { type WorkRow, workColumns } from './work.js';

const work = table('work', ['kind', 'id'], workColumns);

const CLAIM = `WITH due AS MATERIALIZED (
    SELECT id FROM work WHERE kind = ?1 ->> 'kind' AND due_at <= ?1 ->> 'now'
      AND key NOT IN (SELECT value FROM json_each(?1, '$.full'))
    ORDER BY due_at LIMIT CAST(?1 ->> 'limit' AS BIGINT) /*pg FOR UPDATE SKIP LOCKED */)
  UPDATE work SET due_at = ?1 ->> 'until', attempt = attempt + 1,
    fence = CASE WHEN fence >= CAST(?1 ->> 'fence' AS BIGINT) THEN fence + 1 ELSE CAST(?1 ->> 'fence' AS BIGINT) END
  WHERE kind = ?1 ->> 'kind' AND id IN (SELECT id FROM due)
  RETURNING ${selectList(work.columns, 'work')}`;

export interface Lease {
  readonly kind: string;
  readonly id: string;
  readonly fence: number;
}

/** A number that grows with time and is not given twice, also not within one millisecond. */
export const newFence = (now: Date, { random }: Pick<Entropy, 'random'>): number =>
  now.getTime() * 1_000 + Math.floor(random() * 1_000);

/** The statements on the table of due work; each works on a whole batch. */
export const workTable = {
  async put(sql: Sql, rows: readonly WorkRow[]): Promise<void> {
    if (rows.length === 0) return;
    await sql.run(
      statementsOf(work).upsert,
      [...rows].sort(byKey).map((row) => work.encode(row)),
    );
  },

  async remove(sql: Sql, keys: readonly { kind: string; id: string }[]): Promise<void> {
    if (keys.length === 0) return;
    await sql.run(
      'DELETE FROM work WHERE (kind, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))',
      keys.map(({ kind, id }) => [kind, id]),
    );
  },

  /**
   * Which of these leases still hold, by `heldKey`: nobody has claimed, replaced or struck out the work since, and nobody
   * does before the transaction has ended.
   */
  async stillHeld(sql: Sql, leases: readonly Lease[]): Promise<Set<string>> {
    if (leases.length === 0) return new Set();
    const rows = await sql.run(
      `SELECT w.kind, w.id, w.fence FROM json_each(?1) k CROSS JOIN work w
       ON w.kind = k.value ->> 0 AND w.id = k.value ->> 1 AND w.fence = CAST(k.value ->> 2 AS BIGINT)
       /*pg ORDER BY w.kind, w.id FOR UPDATE OF w */`,
      leases.map(({ kind, id, fence }) => [kind, id, fence]),
    );
    return new Set(
      rows.map((row) => heldKey({ kind: String(row.kind), id: String(row.id), fence: Number(row.fence) })),
    );
  },

  /**
   * Takes up to `limit` pieces of work that are due, each under a new fence and leased until `until`. What another
   * process is just taking is left to it.
   */
  async claim(
    sql: Sql,
    wanted: {
      kind: string;
      now: string;
      until: string;
      limit: number;
      fence: number;
      full: readonly string[];
    },
  ): Promise<WorkRow[]> {
    const rows = await sql.run(CLAIM, wanted);
    return rows.map((row) => work.decode(row));
  },

  /** Makes leased work that was not begun due again at once, as if it had not been claimed. */
  async giveBack(sql: Sql, leases: readonly Lease[], now: string): Promise<void> {
    await sql.run(
      `UPDATE work SET due_at = ?1 ->> 'now', attempt = attempt - 1
       WHERE (kind, id, fence) IN (
         SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS BIGINT) FROM json_each(?1, '$.leases'))`,
      { now, leases: leases.map(({ kind, id, fence }) => [kind, id, fence]) },
    );
  },

  /** Moves work that failed to a later time; not if somebody else has claimed it meanwhile. */
  async postpone(sql: Sql, { kind, id, fence }: Lease, dueAt: string): Promise<void> {
    await sql.run(
      `UPDATE work SET due_at = ?1 ->> 3
       WHERE kind = ?1 ->> 0 AND id = ?1 ->> 1 AND fence = CAST(?1 ->> 2 AS BIGINT)`,
      [kind, id, fence, dueAt],
    );
  },

  /** When the next piece of this kind is due, if there is one. */
  async nextDueAt(sql: Sql, kind: string): Promise<string | undefined> {
    const [row] = await sql.run(`SELECT min(due_at) AS due FROM work WHERE kind = ?1 ->> 0`, [kind]);
    return typeof row?.due === 'string' ? row.due : undefined;
  },
};

const byKey = (one: WorkRow, other: WorkRow): number => (leaseKey(one) < leaseKey(other) ? -1 : 1);

/** With the fence: the result of an old lease may be in the same batch as that of the lease that holds. */
export const heldKey = (lease: Lease): string => `${leaseKey(lease)}\u0000${lease.fence}`;

export const leaseKey = ({ kind, id }: { kind: string; id: string }): string => `${kind}\u0000${id}`;
