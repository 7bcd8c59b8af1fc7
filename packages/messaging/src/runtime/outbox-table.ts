import type { Reader, Sql } from '@comanda/storage';
import { z } from 'zod';

/** An event that is committed and not yet known to have reached the broker. `body` is what goes on the wire. */
export interface OutboxRow {
  readonly messageId: string;
  readonly type: string;
  readonly body: string;
}

const Stored = z.object({ message_id: z.string(), type: z.string(), body: z.string() });

/** The statements on the outbox; ids are UUIDv7, so their order is the order in which the events happened. */
export const outboxTable = {
  async add(sql: Sql, rows: readonly OutboxRow[], now: string): Promise<void> {
    if (rows.length === 0) return;
    await sql.run(
      `INSERT INTO outbox (message_id, type, body, created_at)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1)`,
      rows.map((row) => [row.messageId, row.type, row.body, now]),
    );
  },

  async remove(sql: Sql, messageIds: readonly string[]): Promise<void> {
    if (messageIds.length === 0) return;
    await sql.run('DELETE FROM outbox WHERE message_id IN (SELECT value FROM json_each(?1))', messageIds);
  },

  /** Up to `limit` events after `after`, written before `before`. */
  async list(reader: Reader, page: { after: string; before: string; limit: number }): Promise<OutboxRow[]> {
    const rows = await reader.read(
      `SELECT message_id, type, body FROM outbox WHERE message_id > ?1 ->> 'after' AND created_at < ?1 ->> 'before'
       ORDER BY message_id LIMIT CAST(?1 ->> 'limit' AS BIGINT)`,
      page,
    );
    return rows.map((row) => {
      const { message_id, type, body } = Stored.parse(row);
      return { messageId: message_id, type, body };
    });
  },
};
