import { expect, test } from '@jest/globals';
import { newPayment, refunded, refundWaitSeconds, voidPayment } from './payment.js';

const NOW = '2026-01-01T12:00:00.000Z';
const LATER = '2026-01-01T12:00:01.000Z';
const known = {
  tenantId: 'default',
  orderId: 'o1',
  paymentId: 'pay1',
  amount: 360,
  currency: 'EUR',
  provider: 'simulated',
  method: null,
};

test('a refund waits longer after each failure, up to five minutes', () => {
  expect([1, 2, 3, 8, 9, 1000].map(refundWaitSeconds)).toEqual([2, 4, 8, 256, 300, 300]);
});

test('a refunded payment has given back all that was captured', () => {
  expect(refunded({ ...newPayment(known, NOW), status: 'COMPLETED' }, LATER)).toMatchObject({
    status: 'REFUNDED',
    amount: 360,
    refundedAmount: 360,
    updatedAt: LATER,
  });
});

test('the payment of an order that ended first is void and wants nothing', () => {
  expect(voidPayment('default', 'o1', 'pay1', NOW)).toMatchObject({
    status: 'VOID',
    unwanted: true,
    amount: 0,
    reference: null,
  });
});
