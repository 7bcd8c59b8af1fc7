import { Dispute, NO_CURRENCY, PaymentStatus } from '@comanda/contracts';
import { z } from 'zod';

/** What is known of a payment from the start, and stays. */
const PaymentFields = z.object({
  tenantId: z.string(),
  orderId: z.string(),
  paymentId: z.string(),
  amount: z.number(),
  currency: z.string(),
  provider: z.string(),
  method: z.string().nullable(),
});
type PaymentFields = Readonly<z.output<typeof PaymentFields>>;

/** What is charged for one order; amounts in minor units of `currency`. */
export const Payment = PaymentFields.extend({
  /** `VOID`: the order ended before it was charged, so it never is. */
  status: z.enum([...PaymentStatus.options, 'VOID']),
  /** The order was rejected or cancelled: if the payment is captured after that (a late payment), it is refunded. */
  refundOnCapture: z.boolean(),
  /** What the provider calls it. */
  reference: z.string().nullable(),
  /** What went back, by refunds and lost disputes, and what is on its way back: together never more than `amount`. */
  refundedAmount: z.number(),
  refundingAmount: z.number(),
  disputes: z.array(Dispute).readonly(),
  failureCode: z.string().nullable(),
  failureReason: z.string().nullable(),
  sequence: z.number(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Payment = Readonly<z.output<typeof Payment>>;

/** A payment that is going to be charged. */
export const newPayment = (fields: PaymentFields, now: string): Payment => ({
  ...fields,
  status: 'PENDING',
  refundOnCapture: false,
  reference: null,
  refundedAmount: 0,
  refundingAmount: 0,
  disputes: [],
  failureCode: null,
  failureReason: null,
  sequence: 0,
  createdAt: now,
  updatedAt: now,
});

/** The order ended before this service heard of its reservation: remembered, so that nothing is ever charged. */
export const voidPayment = (tenantId: string, orderId: string, paymentId: string, now: string): Payment => ({
  ...newPayment(
    { tenantId, orderId, paymentId, amount: 0, currency: NO_CURRENCY, provider: 'none', method: null },
    now,
  ),
  status: 'VOID',
  refundOnCapture: true,
});
