import type { Retention } from '@comanda/storage';
import { TERMINAL } from '../domain/order.js';

/**
 * How long the steps of an order are kept: so many days after its end, that is after it last changed in a status that
 * it does not leave by itself. The order stays, and so do all steps of one that has not ended. Old ones of these come
 * first in the index and are looked at each time, but an order that does not end is rare.
 */
export const timelineRetention = (keptDays: number): Retention => ({
  what: 'timeline',
  keptDays,
  async remove(sql, old) {
    const removed = await sql.run(
      `DELETE FROM order_timeline WHERE position IN (
         SELECT t.position FROM order_timeline t
         CROSS JOIN orders o ON o.tenant_id = t.tenant_id AND o.order_id = t.order_id
         WHERE t.at < ?1 ->> 'before' AND o.updated_at < ?1 ->> 'before'
           AND o.status IN (SELECT value FROM json_each(?1, '$.ended'))
         ORDER BY t.at LIMIT CAST(?1 ->> 'limit' AS BIGINT))
       RETURNING 1`,
      { ...old, ended: [...TERMINAL] },
    );
    return removed.length;
  },
});
