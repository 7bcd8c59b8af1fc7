import { statement } from '../statement.js';

export const CLAIM_INBOX = statement({
  eachOnSqlite:
    'INSERT INTO inbox (message_id, handled_at) VALUES (?, ?) ON CONFLICT (message_id) DO NOTHING',
  changedAs: 'message_id',
  postgres: `INSERT INTO inbox (message_id, handled_at) SELECT value, $2 FROM jsonb_array_elements_text($1::jsonb) AS e(value)
    ON CONFLICT (message_id) DO NOTHING RETURNING message_id`,
});

export const FORGET_INBOX = statement({
  sqlite: 'DELETE FROM inbox WHERE message_id IN (SELECT value FROM json_each($1))',
  postgres:
    'DELETE FROM inbox WHERE message_id IN (SELECT value FROM jsonb_array_elements_text($1::jsonb) AS e(value))',
});

export const REMOVE_OLD_INBOX = statement(
  `DELETE FROM inbox WHERE message_id IN (
     SELECT message_id FROM inbox WHERE handled_at < $1 ORDER BY handled_at LIMIT $2)
   RETURNING 1`,
);
