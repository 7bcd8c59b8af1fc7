import { statement } from '../statement.js';

export const ADD_TO_OUTBOX = statement({
  eachOnSqlite: 'INSERT INTO outbox (message_id, type, body, created_at) VALUES (?, ?, ?, ?)',
  postgres: `INSERT INTO outbox (message_id, type, body, created_at)
    SELECT value ->> 0, value ->> 1, value ->> 2, $2 FROM jsonb_array_elements($1::jsonb) AS e(value)`,
});

export const REMOVE_FROM_OUTBOX = statement({
  eachOnSqlite: 'DELETE FROM outbox WHERE message_id = ?',
  postgres:
    'DELETE FROM outbox WHERE message_id IN (SELECT value FROM jsonb_array_elements_text($1::jsonb) AS e(value))',
});

/** The ids are UUIDv7: their order is the order in which the events happened. */
export const OUTBOX_PAGE = statement(
  `SELECT message_id AS "messageId", type, body FROM outbox WHERE message_id > $1 AND created_at < $2
   ORDER BY message_id LIMIT $3`,
);
