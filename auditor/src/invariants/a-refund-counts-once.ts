import { holds } from './invariant.js';

/** The provider tells of one refund in several calls, late and again; and the answer to our own call is one more. */
export const aRefundCountsOnce = holds({
  id: 'a-refund-counts-once',
  promise: 3,
  title: 'Each refund of the provider is one of ours, whoever made it and however often it was told',
  reads: ['payments'],
  checked: `SELECT count(*) AS n FROM payments.refunds WHERE status = 'REFUNDED'`,
  faults: [
    {
      find: `SELECT tenant_id AS tenantId, order_id AS orderId, min(refund_id) AS refundId,
          format('%s counts %s times', reference, count(*)) AS detail
        FROM payments.refunds WHERE status = 'REFUNDED' AND reference IS NOT NULL
        GROUP BY tenant_id, order_id, reference HAVING count(*) > 1`,
    },
    {
      find: `SELECT tenant_id AS tenantId, order_id AS orderId, refund_id AS refundId,
          format('%s were refunded at the provider, which has no name for it', amount) AS detail
        FROM payments.refunds WHERE status = 'REFUNDED' AND reference IS NULL`,
    },
  ],
});
