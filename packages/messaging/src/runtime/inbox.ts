import type { Old, Sql } from '@comanda/storage';

/**
 * Which messages were handled: the truth about "once". Its rows are written in the transaction that handles the
 * messages, so a message is in here exactly when its effects are.
 */
export const inbox = {
  /**
   * Enters the ids and returns those that were not there yet. Another process that is just entering one of them is
   * waited for; all enter theirs in the same order, so that they don't wait for each other.
   */
  async claim(sql: Sql, ids: readonly string[], now: string): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const rows = await sql.run(
      `INSERT INTO inbox (message_id, handled_at) SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true
       ON CONFLICT (message_id) DO NOTHING RETURNING message_id`,
      [...ids].sort().map((id) => [id, now]),
    );
    return new Set(rows.map((row) => String(row.message_id)));
  },

  /** Takes ids out again, because handling them failed and they will be tried another time. */
  async forget(sql: Sql, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await sql.run('DELETE FROM inbox WHERE message_id IN (SELECT value FROM json_each(?1))', ids);
  },

  /** Removes some of what was handled before `before`, oldest first; resolves with how many. */
  async removeOld(sql: Sql, old: Old): Promise<number> {
    const removed = await sql.run(
      `DELETE FROM inbox WHERE message_id IN (
         SELECT message_id FROM inbox WHERE handled_at < ?1 ->> 'before' ORDER BY handled_at LIMIT CAST(?1 ->> 'limit' AS BIGINT))
       RETURNING 1`,
      old,
    );
    return removed.length;
  },
};
