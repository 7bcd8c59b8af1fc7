import { selectList } from '../columns.js';
import { statement } from '../statement.js';
import { workTable } from '../work-row.js';

const update = `UPDATE work SET due_at = $3, attempt = attempt + 1, fence = CASE WHEN fence >= $5 THEN fence + 1 ELSE $5 END
  WHERE kind = $1 AND id IN (SELECT id FROM due)
  RETURNING ${selectList(workTable.columns, 'work')}`;

/** `$1` kind, `$2` now, `$3` the end of the leases, `$4` at most so many, `$5` the fence, `$6` the key of the line. */
export const CLAIM_WORK = statement({
  sqlite: `WITH due AS MATERIALIZED (
      SELECT id FROM work WHERE kind = $1 AND key = $6 AND due_at <= $2 ORDER BY due_at LIMIT $4)
    ${update}`,
  postgres: `WITH due AS MATERIALIZED (
      SELECT id FROM work WHERE kind = $1 AND key = $6 AND due_at <= $2 ORDER BY due_at LIMIT $4
      FOR UPDATE SKIP LOCKED)
    ${update}`,
});
