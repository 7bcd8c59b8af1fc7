import { holds } from './invariant.js';

export const refundsNeverExceedTheCapture = holds({
  id: 'refunds-never-exceed-the-capture',
  promise: 3,
  title: 'Nothing is refunded but what was captured',
  reads: ['payments'],
  checked: 'SELECT count(*) AS n FROM payments.payments',
  faults: [
    {
      find: `SELECT tenant_id AS tenantId, order_id AS orderId, payment_id AS paymentId,
          format('it is %s of %s, refunded %s, being refunded %s', status, money(amount, currency),
            money(refunded_amount, currency), money(refunding_amount, currency)) AS detail
        FROM payments.payments
        WHERE refunded_amount < 0 OR refunding_amount < 0 OR refunded_amount + refunding_amount > amount
          OR (status = 'REFUNDED' AND refunded_amount <> amount)
          OR (status = 'COMPLETED' AND refunded_amount = amount AND amount > 0)
          OR (status NOT IN ('COMPLETED', 'REFUNDED') AND refunded_amount + refunding_amount <> 0)`,
    },
  ],
});
