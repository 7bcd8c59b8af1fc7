import { statement } from '../statement.js';

/** `$1`: a list of [kind, id]. */
export const REMOVE_WORK = statement({
  eachOnSqlite: 'DELETE FROM work WHERE kind = ? AND id = ?',
  postgres: `DELETE FROM work WHERE (kind, id) IN (
    SELECT value ->> 0, value ->> 1 FROM jsonb_array_elements($1::jsonb) AS e(value) OFFSET 0)`,
});

/** `$1`: a list of [kind, id, fence]. */
export const HELD_LEASES = statement({
  eachOnSqlite: 'SELECT kind, id, fence FROM work WHERE kind = ? AND id = ? AND fence = ?',
  postgres: `SELECT w.kind, w.id, w.fence
    FROM (SELECT value ->> 0 AS kind, value ->> 1 AS id, CAST(value ->> 2 AS BIGINT) AS fence
          FROM jsonb_array_elements($1::jsonb) AS e(value) OFFSET 0) k
    JOIN work w ON w.kind = k.kind AND w.id = k.id AND w.fence = k.fence
    ORDER BY w.kind, w.id FOR UPDATE OF w`,
});

/** `$1`: a list of [kind, id, fence], `$2`: now. */
export const GIVE_BACK_WORK = statement({
  sqlite: `UPDATE work SET due_at = $2, attempt = attempt - 1
    WHERE (kind, id, fence) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1))`,
  postgres: `UPDATE work SET due_at = $2, attempt = attempt - 1
    WHERE (kind, id, fence) IN (
      SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS BIGINT) FROM jsonb_array_elements($1::jsonb) AS e(value) OFFSET 0)`,
});

export const POSTPONE_WORK = statement(
  'UPDATE work SET due_at = $4 WHERE kind = $1 AND id = $2 AND fence = $3',
);

export const NEXT_WORK_DUE_AT = statement(
  'SELECT min(due_at) AS "dueAt" FROM work WHERE kind = $1 AND key = $2',
);

/** `$1` kind, `$2` the first key, `$3` at most so many. It leaps from key to key: no line is read to its end. */
export const WORK_LINES = statement(`WITH RECURSIVE line (key, nth) AS (
    SELECT min(key), 1 FROM work WHERE kind = $1 AND key >= $2
    UNION ALL
    SELECT (SELECT min(w.key) FROM work w WHERE w.kind = $1 AND w.key > line.key), nth + 1
      FROM line WHERE key IS NOT NULL AND nth < $3)
  SELECT key, (SELECT min(w.due_at) FROM work w WHERE w.kind = $1 AND w.key = line.key) AS "dueAt"
    FROM line WHERE key IS NOT NULL ORDER BY nth`);
