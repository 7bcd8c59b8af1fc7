import { newPayment, type Payment } from '../domain/payment.js';

export const NOW = '2026-01-01T12:00:00.000Z';

/** 360 cents that nobody was asked for yet. */
export const aPayment = (more: Partial<Payment> = {}): Payment => ({
  ...newPayment(
    {
      tenantId: 'default',
      orderId: 'o1',
      paymentId: 'pay1',
      amount: 360,
      currency: 'EUR',
      provider: 'simulated',
      method: null,
    },
    NOW,
  ),
  ...more,
});
