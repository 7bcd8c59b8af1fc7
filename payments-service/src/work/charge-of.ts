import type { Cause } from '@comanda/storage';
import type { Payment } from '../domain/payment.js';
import type { Charge } from '../provider/provider.js';

/** A payment in the words of a provider. */
export const chargeOf = (payment: Payment, attempt: number, cause: Cause): Charge => ({
  paymentId: payment.paymentId,
  tenantId: payment.tenantId,
  orderId: payment.orderId,
  amount: payment.amount,
  currency: payment.currency,
  method: payment.method ?? undefined,
  reference: payment.reference,
  attempt,
  correlationId: cause.correlationid,
});
