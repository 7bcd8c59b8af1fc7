import { moneyText } from '@comanda/contracts';
import { z } from 'zod';
import { longerOf } from './charge.js';
import type { Payment } from './payment.js';

/** Money on its way back, money that went back, or a refund that was refused. A payment may have many. */
export const Refund = z.object({
  tenantId: z.string(),
  orderId: z.string(),
  /** The id of the request, if staff requested it. The provider knows the refund by it, too. */
  refundId: z.string(),
  /**
   * `undo` is compensation: the order is off, so the money is owed, and the refund is never given up. `provider`: somebody
   * made it at the provider. `dispute`: no refund, but what a lost dispute took.
   */
  cause: z.enum(['request', 'undo', 'provider', 'dispute']),
  status: z.enum(['PENDING', 'REFUNDED', 'FAILED']),
  /** Minor units of the payment's currency. */
  amount: z.number(),
  /** How often the provider refused it. */
  refusals: z.number(),
  /** What the provider calls it. */
  reference: z.string().nullable(),
  failureCode: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Refund = Readonly<z.output<typeof Refund>>;

/** What a provider says of a refund. */
export type RefundResult =
  | { readonly kind: 'refunded'; readonly reference: string }
  /** Not done yet, or not known to be: the same call is made again. */
  | { readonly kind: 'retry'; readonly code: string; readonly reason: string; readonly waitSeconds?: number }
  /** This call gave nothing back, and never will. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

/** A payment, its refunds that changed, and its refunds that begin now or begin again. */
export interface RefundChange {
  readonly payment: Payment;
  readonly refunds: readonly Refund[];
  readonly begun: readonly Refund[];
}

export type RefundStep =
  | (RefundChange & { readonly kind: 'refunded'; readonly refund: Refund })
  | (RefundChange & RefundFailure & { readonly kind: 'failed' })
  /** `failure`: staff are to be told of it, though it is tried again. */
  | (RefundChange & { readonly kind: 'again'; readonly dueAt: string; readonly failure?: RefundFailure });

/** A refund that did not go through, for those who are told. */
export interface RefundFailure {
  readonly failed: Refund;
  readonly code: string;
  readonly reason: string;
  /** It is owed all the same. */
  readonly willRetry: boolean;
}

/** After so many refusals in a row staff are told of a refund that is owed; it is tried on. */
const REFUSALS_REPORTED = 10;

/** The longest wait between two tries of a refund. */
const MAX_REFUND_WAIT_SECONDS = 300;

/** Seconds until a refund that did not go through is tried again. */
export const refundWaitSeconds = (attempt: number): number =>
  Math.min(2 ** Math.min(attempt, 16), MAX_REFUND_WAIT_SECONDS);

/** What was captured and neither went back nor is on its way back. */
export const remaining = (payment: Payment): number =>
  payment.status === 'COMPLETED' ? payment.amount - payment.refundedAmount - payment.refundingAmount : 0;

/** Begins a refund that staff requested, or says why not: a cancellation or another refund came first. */
export function request(
  payment: Payment,
  wanted: { readonly refundId: string; readonly amount: number },
  now: string,
): (RefundChange & { readonly kind: 'begun' }) | Extract<RefundStep, { kind: 'failed' }> {
  const refund = newRefund(payment, { ...wanted, cause: 'request' }, now);
  const left = remaining(payment);
  if (wanted.amount <= left) return { kind: 'begun', ...begun(payment, refund, now) };
  const code = payment.refundOnCapture ? 'ORDER_ENDED' : 'EXCEEDS_REMAINING';
  const { amount: paid, currency } = payment;
  const reason = `${moneyText(left, currency)} of ${moneyText(paid, currency)} are left to be refunded`;
  const failed: Refund = { ...refund, status: 'FAILED', failureCode: code };
  return {
    kind: 'failed',
    payment: { ...payment, updatedAt: now },
    refunds: [failed],
    begun: [],
    ...{ failed, code, reason, willRetry: false },
  };
}

/** Compensation: the order is off, so all that is left goes back. What is on its way back is not refunded twice. */
export function undo(payment: Payment, refundId: string, now: string): RefundChange {
  const amount = remaining(payment);
  if (amount === 0) return { payment, refunds: [], begun: [] };
  return begun(payment, newRefund(payment, { refundId, amount, cause: 'undo' }, now), now);
}

/**
 * What follows from the provider's answer to a refund. Only a refund that staff requested is ever given up. If its order
 * was cancelled meanwhile, its amount is owed all the same, and becomes a refund of its own.
 * @param start how often the work was started, this time included
 * @param nextId the id of the refund that may follow
 */
export function refundAnswered(
  payment: Payment,
  refund: Refund,
  result: RefundResult,
  { start, nextId, now }: { readonly start: number; readonly nextId: string; readonly now: string },
): RefundStep {
  const asked = result.kind === 'retry' ? result.waitSeconds : undefined;
  const dueAt = new Date(Date.parse(now) + longerOf(refundWaitSeconds(start), asked) * 1000).toISOString();
  switch (result.kind) {
    case 'retry':
      return { kind: 'again', payment, refunds: [], begun: [], dueAt };
    case 'refunded':
      return wentBack(payment, { ...refund, reference: result.reference }, now);
    case 'refused': {
      const refused: Refund = {
        ...refund,
        refusals: refund.refusals + 1,
        failureCode: result.code,
        updatedAt: now,
      };
      const { code, reason } = result;
      if (refund.cause === 'undo') {
        const failure = { failed: refused, code, reason, willRetry: true };
        const reported = refused.refusals === REFUSALS_REPORTED && { failure };
        return { kind: 'again', payment, refunds: [refused], begun: [], dueAt, ...reported };
      }
      const freed: Payment = {
        ...payment,
        refundingAmount: payment.refundingAmount - refund.amount,
        updatedAt: now,
      };
      const instead = freed.refundOnCapture ? undo(freed, nextId, now) : { payment: freed, begun: [] };
      const failed: Refund = { ...refused, status: 'FAILED' };
      const willRetry = freed.refundOnCapture;
      return { kind: 'failed', ...instead, refunds: [failed], failed, code, reason, willRetry };
    }
  }
}

export const newRefund = (
  { tenantId, orderId }: Payment,
  wanted: Pick<Refund, 'refundId' | 'amount' | 'cause'>,
  now: string,
): Refund => ({
  tenantId,
  orderId,
  ...wanted,
  status: 'PENDING',
  refusals: 0,
  reference: null,
  failureCode: null,
  createdAt: now,
  updatedAt: now,
});

const begun = (payment: Payment, refund: Refund, now: string): RefundChange => ({
  payment: { ...payment, refundingAmount: payment.refundingAmount + refund.amount, updatedAt: now },
  refunds: [],
  begun: [refund],
});

function wentBack(payment: Payment, pending: Refund, now: string): RefundStep {
  const refund: Refund = { ...pending, status: 'REFUNDED', failureCode: null, updatedAt: now };
  const refundedAmount = payment.refundedAmount + refund.amount;
  const changed: Payment = {
    ...payment,
    status: refundedAmount === payment.amount ? 'REFUNDED' : payment.status,
    refundedAmount,
    refundingAmount: payment.refundingAmount - refund.amount,
    updatedAt: now,
  };
  return { kind: 'refunded', payment: changed, refunds: [refund], begun: [], refund };
}
