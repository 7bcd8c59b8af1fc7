import { type Retention, statement } from '@comanda/storage';
import { MAX_OUTAGE_DAYS } from '../housekeeping/inbox-retention.js';

/** `$1`: what left before this time, `$2`: at most so many. */
const REMOVE_OLD = statement(
  `DELETE FROM dead_letters WHERE (tenant_id, message_id) IN (
     SELECT tenant_id, message_id FROM dead_letters WHERE left_at IS NOT NULL AND left_at < $1 ORDER BY left_at LIMIT $2)
   RETURNING 1`,
);

/**
 * How long the row of a dead letter that was replayed or discarded is kept, emptied: as long as an ack of the intake
 * may have been lost, the broker may deliver the dead letter again. Open dead letters are kept until staff decide.
 */
export const deadLetterRetention: Retention = {
  what: 'dead-letters',
  keptDays: MAX_OUTAGE_DAYS,
  remove: async (sql, { before, limit }) => (await sql.run(REMOVE_OLD, before, limit)).length,
};
