import { statement } from '../statement.js';

const NOW = {
  sqlite: `strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`,
  postgres: `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
};
const INTO_KEPT = 'INSERT INTO outbox_kept (message_id, type, body, created_at, confirmed_at)';

/** Copies what is about to leave the outbox, with the time of the database. */
export const KEEP_CONFIRMED = statement({
  eachOnSqlite: `${INTO_KEPT} SELECT message_id, type, body, created_at, ${NOW.sqlite} FROM outbox WHERE message_id = ?`,
  postgres: `${INTO_KEPT} SELECT message_id, type, body, created_at, ${NOW.postgres} FROM outbox
    WHERE message_id IN (SELECT value FROM jsonb_array_elements_text($1::jsonb) AS e(value))`,
});

/** Keeps messages that were in no outbox: a list of id, type, body, time and the same time again for each. */
export const KEEP_SENT = statement({
  eachOnSqlite: `${INTO_KEPT} VALUES (?, ?, ?, ?, ?)`,
  postgres: `${INTO_KEPT} SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
    FROM jsonb_array_elements($1::jsonb) AS e(value)`,
});

/** Looks at the oldest only, however many there are: they were added in the order of their times. */
export const REMOVE_OLD_KEPT = statement(
  `DELETE FROM outbox_kept WHERE position IN (
     SELECT position FROM (
       SELECT position, confirmed_at FROM outbox_kept WHERE position > 0 ORDER BY position LIMIT $2) oldest
     WHERE confirmed_at < $1)
   RETURNING 1`,
);

/** How far it goes. */
export const LAST_KEPT = statement('SELECT coalesce(max(position), 0) AS position FROM outbox_kept');

/** Copies the oldest that are kept, up to a position, into the outbox, but for those that are there. */
export const SAY_AGAIN = statement(
  `INSERT INTO outbox (message_id, type, body, created_at)
   SELECT message_id, type, body, created_at FROM outbox_kept WHERE position <= $1 ORDER BY position LIMIT $2
   ON CONFLICT (message_id) DO NOTHING`,
);
export const FORGET_SAID = statement(
  `DELETE FROM outbox_kept WHERE position IN (
     SELECT position FROM outbox_kept WHERE position <= $1 ORDER BY position LIMIT $2)
   RETURNING 1`,
);
