import { holds } from './invariant.js';

/** A reservation expires, so nothing keeps an order from ending after that. */
export const everyOrderEnds = holds({
  id: 'every-order-ends',
  promise: 1,
  title: 'Every order reaches a terminal state',
  reads: ['orders'],
  checked: 'SELECT count(*) AS n FROM orders.orders',
  faults: [
    {
      find: `SELECT tenant_id AS tenantId, order_id AS orderId, format('it is %s since %s', status, updated_at) AS detail
        FROM orders.orders WHERE status IN ('PENDING', 'AWAITING_PAYMENT') AND created_at <= @overdue`,
    },
  ],
});
