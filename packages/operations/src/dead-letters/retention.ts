import type { Retention } from '@comanda/storage';
import { MAX_OUTAGE_DAYS } from '../housekeeping/inbox-retention.js';

/**
 * How long the row of a letter that was put back or discarded is kept, emptied: as long as an ack of the intake may have
 * been lost, the broker may give the letter out again. Letters that are dead are kept until somebody decides.
 */
export const deadLetterRetention: Retention = {
  what: 'dead-letters',
  keptDays: MAX_OUTAGE_DAYS,
  async remove(sql, { before, limit }) {
    const removed = await sql.run(
      `DELETE FROM dead_letters WHERE (tenant_id, message_id) IN (
         SELECT tenant_id, message_id FROM dead_letters WHERE left_at IS NOT NULL AND left_at < ?1 ->> 'before'
         ORDER BY left_at LIMIT CAST(?1 ->> 'limit' AS BIGINT))
       RETURNING 1`,
      { before, limit },
    );
    return removed.length;
  },
};
