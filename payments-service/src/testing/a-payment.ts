import { newId } from '@comanda/contracts';
import { newPayment, type Payment } from '../domain/payment.js';
import type { Charge } from '../provider/provider.js';

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

/** A first try to charge 10.50 EUR for a payment of its own. */
export const aCharge = (more: Partial<Charge> = {}): Charge => ({
  paymentId: newId(),
  tenantId: 'default',
  orderId: newId(),
  amount: 1_050,
  currency: 'EUR',
  method: 'pm_card_visa',
  reference: null,
  attempt: 1,
  ...more,
});
