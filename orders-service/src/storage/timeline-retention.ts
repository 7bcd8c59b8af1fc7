import { type Retention, statement } from '@comanda/storage';
import { TERMINAL } from '../domain/order.js';

const ENDED = [...TERMINAL].map((status) => `'${status}'`).join(', ');

const REMOVE_OLD_STEPS = statement(`DELETE FROM order_timeline WHERE position IN (
    SELECT t.position FROM order_timeline t
    CROSS JOIN orders o
    WHERE o.tenant_id = t.tenant_id AND o.order_id = t.order_id
      AND t.at < $1 AND o.updated_at < $1 AND o.status IN (${ENDED})
    ORDER BY t.at LIMIT $2)
  RETURNING 1`);

/**
 * How many days the steps of an order are kept after its end, that is after it last changed in a status that it does not
 * leave by itself. The order itself stays, and so do all steps of an order that has not ended. Old steps of such orders
 * come first in the index and are read each time, but an order that does not end is rare.
 */
export const timelineRetention = (keptDays: number): Retention => ({
  what: 'timeline',
  keptDays,
  remove: async (transaction, { before, limit }) =>
    (await transaction.run(REMOVE_OLD_STEPS, before, limit)).length,
});
