import { moneyText } from '@comanda/contracts';
import type { Changed, Decision } from './decision.js';
import type { Order, RefundRequest } from './order.js';
import type { PaymentSays, Trigger } from './transitions.js';

type Of<Kind extends Trigger['kind']> = Extract<Trigger, { kind: Kind }>;

/**
 * The amount that was paid and is neither refunded nor requested, in minor units. A request that crosses a refund at the
 * provider may be for more than there is, until we hear that it failed.
 */
export const refundable = ({ totalAmount, refundedAmount, refundingAmount }: Order): number =>
  Math.max(totalAmount - refundedAmount - refundingAmount, 0);

/** Staff request a refund. All refunds of an order together never exceed what was paid. */
export function refundRequested(
  order: Order,
  { requestId, amount, reason }: Of<'refund-requested'>,
  now: string,
): Decision {
  const left = refundable(order);
  const requested = amount ?? left;
  if (requested < 1 || requested > left || order.paymentId === null)
    return {
      kind: 'ignored',
      order,
      code: 'EXCEEDS_REMAINING',
      why: `${moneyText(left, order.currency)} of ${moneyText(order.totalAmount, order.currency)} are left to be refunded`,
    };
  const { tenantId, orderId, paymentId } = order;
  const request: RefundRequest = {
    ...{ tenantId, orderId, requestId, amount: requested, reason },
    status: 'REQUESTED',
    failureCode: null,
    createdAt: now,
    updatedAt: now,
  };
  return {
    kind: 'changed',
    order: { ...order, refundingAmount: order.refundingAmount + requested, updatedAt: now },
    request,
    facts: [{ kind: 'refund-requested', paymentId, request }],
  };
}

/** Money was refunded: for a request, because the order was rejected or cancelled (compensation), or at the provider. */
export function wentBack(order: Order, trigger: Of<'refunded'>, now: string): Decision {
  const { request } = trigger;
  const counted = follow(order, trigger.payment, now);
  // Unless it failed later, and we heard of that first.
  if (request?.status !== 'REQUESTED') return counted;
  return { ...freed(counted, request), request: { ...request, status: 'REFUNDED', updatedAt: now } };
}

/** A refund did not go through, now or days after it did. The amount of a request may be requested again. */
export function refundFailed(order: Order, trigger: Of<'refund-failed'>, now: string): Decision {
  const { code, request } = trigger;
  const counted = follow(order, trigger.payment, now);
  if (!request || request.status === 'FAILED') return counted;
  const failed: RefundRequest = { ...request, status: 'FAILED', failureCode: code, updatedAt: now };
  return { ...(request.status === 'REQUESTED' ? freed(counted, request) : counted), request: failed };
}

/** What went back is what the payment says of itself: the newest of its events counts, whichever comes last. */
export function follow(order: Order, { remaining, sequence }: PaymentSays, now: string): Changed {
  const newer = remaining !== undefined && sequence > order.paymentSequence;
  const refunded = newer && { refundedAmount: order.totalAmount - remaining, paymentSequence: sequence };
  return { kind: 'changed', order: { ...order, ...refunded, updatedAt: now }, facts: [] };
}

/** The request is not under way any longer. */
const freed = ({ order, ...changed }: Changed, { amount }: RefundRequest): Changed => ({
  ...changed,
  order: { ...order, refundingAmount: order.refundingAmount - amount },
});
