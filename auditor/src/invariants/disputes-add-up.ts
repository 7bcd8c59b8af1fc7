import { holds } from './invariant.js';

/** The disputes of all payments that have some; few have. */
const DISPUTES = `disputes AS MATERIALIZED (
  SELECT p.tenant_id, p.order_id, p.payment_id, p.amount AS captured, p.refunded_amount, d.value ->> 'disputeId' AS dispute_id,
    d.value ->> 'status' AS status, d.value ->> 'amount' AS amount, d.value ->> 'currency' = p.currency AS comparable
  FROM payments.payments p CROSS JOIN json_each(p.disputes) d WHERE p.disputes <> '[]')`;

/** One transaction writes both, so this holds at every moment. */
export const disputesAddUp = holds({
  id: 'disputes-add-up',
  promise: 3,
  title: 'What a lost dispute took counts as money that went back, once, and nothing else does',
  reads: ['payments'],
  checked: `SELECT count(*) AS n FROM payments.payments WHERE status IN ('COMPLETED', 'REFUNDED')`,
  faults: [
    {
      find: `WITH ${DISPUTES} SELECT d.tenant_id AS tenantId, d.order_id AS orderId, d.dispute_id AS disputeId,
          format('it was lost over %s and counts %s; of %s are %s back', d.amount, coalesce(r.amount, 0), d.captured,
            d.refunded_amount) AS detail
        FROM disputes d LEFT JOIN payments.refunds r ON r.tenant_id = d.tenant_id AND r.order_id = d.order_id
          AND r.refund_id = d.dispute_id AND r.cause = 'dispute' AND r.status = 'REFUNDED'
        WHERE d.status = 'lost' AND d.refunded_amount < d.captured
          AND (NOT d.comparable OR coalesce(r.amount, 0) <> d.amount)`,
    },
    {
      find: `WITH ${DISPUTES} SELECT r.tenant_id AS tenantId, r.order_id AS orderId, r.refund_id AS disputeId,
          format('%s count as lost, and the dispute is %s', r.amount, coalesce(d.status, 'not there')) AS detail
        FROM payments.refunds r LEFT JOIN disputes d ON d.tenant_id = r.tenant_id AND d.order_id = r.order_id
          AND d.dispute_id = r.refund_id
        WHERE r.cause = 'dispute' AND r.status = 'REFUNDED' AND d.status IS NOT 'lost'`,
    },
  ],
});
