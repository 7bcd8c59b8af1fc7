import { z } from 'zod';
import type { OutboxRow } from './outbox-row.js';
import type { Retention } from './retention.js';
import {
  FORGET_SAID,
  KEEP_SENT,
  LAST_KEPT,
  REMOVE_OLD_KEPT,
  SAY_AGAIN,
} from './statements/outbox-kept.sql.js';
import type { Database, Sql } from './store.js';

const DAY_SECONDS = 24 * 3600;
const PAGE = 1_000;
const Last = z.object({ position: z.coerce.number() });

/** Keeps messages that the broker gets without an outbox, for `sayAgain`. */
export async function keepSent(sql: Sql, rows: readonly OutboxRow[], now: string): Promise<void> {
  await sql.run(
    KEEP_SENT,
    rows.map(({ messageId, type, body }) => [messageId, type, body, now, now]),
  );
}

/** For how long confirmed messages are kept; with 0 all that are there go. */
export const keptMessagesRetention = (keptSeconds: number): Retention => ({
  what: 'outbox-kept',
  keptDays: keptSeconds / DAY_SECONDS,
  async remove(transaction, { before, limit }) {
    return (await transaction.run(REMOVE_OLD_KEPT, before, limit)).length;
  },
});

/**
 * Moves all that is kept back into the outbox, whose relay says it again; what is kept meanwhile stays. It may be ended
 * in the middle and run again: each page is moved in one transaction.
 *
 * @returns how many messages were moved
 */
export async function sayAgain(database: Pick<Database, 'read' | 'transaction'>): Promise<number> {
  const { position } = Last.parse((await database.read(LAST_KEPT))[0]);
  for (let moved = 0; ; ) {
    const count = await database.transaction(async (transaction) => {
      await transaction.run(SAY_AGAIN, position, PAGE);
      return (await transaction.run(FORGET_SAID, position, PAGE)).length;
    });
    moved += count;
    if (count < PAGE) return moved;
  }
}
