import { RECENT_EVENTS, RECENT_ORDERS } from './events.js';
import { holds } from './invariant.js';

/** One transaction writes both, so this holds at every moment. Lines of an order that was not priced cost nothing. */
export const anOrderCostsWhatItsLinesCost = holds({
  id: 'an-order-costs-what-its-lines-cost',
  promise: 3,
  title: 'The lines of an order add up to its total, as it is kept and as subscribers were told',
  reads: ['orders', 'webhooks'],
  checked: `WITH ${RECENT_ORDERS} SELECT count(*) AS n FROM recent_orders`,
  faults: [
    {
      find: `WITH ${RECENT_ORDERS}, sums AS (
          SELECT o.*, (SELECT coalesce(sum((value ->> 'unitPrice') * (value ->> 'quantity')), 0) FROM json_each(o.items)) AS lines
          FROM recent_orders o)
        SELECT tenant_id AS tenantId, order_id AS orderId,
          format('it costs %s, its lines %s', money(total_amount, currency), money(lines, currency)) AS detail
        FROM sums WHERE lines <> total_amount`,
    },
    {
      // Events of earlier builds tell no totals of lines.
      find: `WITH ${RECENT_EVENTS}, told AS (
          SELECT e.tenant_id, e.order_id, e.body ->> '$.data.totalAmount' AS total, e.body ->> '$.data.currency' AS currency,
            (SELECT sum(value ->> 'lineTotal') FROM json_each(e.body, '$.data.items')) AS lines
          FROM recent_events e WHERE e.type = 'order.created')
        SELECT tenant_id AS tenantId, order_id AS orderId,
          format('subscribers were told that it costs %s and its lines %s', money(total, currency),
            money(lines, currency)) AS detail
        FROM told WHERE lines IS NOT NULL AND lines <> total`,
    },
  ],
});
