import { expect, test } from '@jest/globals';
import { voidPayment } from './payment.js';

test('the payment of an order that ended first is void and wants nothing', () => {
  expect(voidPayment('default', 'o1', 'pay1', '2026-01-01T12:00:00.000Z')).toMatchObject({
    status: 'VOID',
    refundOnCapture: true,
    amount: 0,
    reference: null,
  });
});
