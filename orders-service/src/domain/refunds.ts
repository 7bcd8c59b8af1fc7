import type { Decision } from './decide.js';
import type { Order, RefundRequest } from './order.js';
import type { Trigger } from './transitions.js';

type Of<Kind extends Trigger['kind']> = Extract<Trigger, { kind: Kind }>;

/** What was paid and neither went back nor was asked to, in minor units. */
export const refundable = ({ totalAmount, refundedAmount, refundingAmount }: Order): number =>
  totalAmount - refundedAmount - refundingAmount;

/** Staff want money to go back; together never more than was paid. */
export function refundRequested(
  order: Order,
  { requestId, amount, reason }: Of<'refund-requested'>,
  now: string,
): Decision {
  const left = refundable(order);
  const wanted = amount ?? left;
  if (wanted < 1 || wanted > left || order.paymentId === null)
    return {
      kind: 'ignored',
      code: 'EXCEEDS_REMAINING',
      why: `${left} of ${order.totalAmount} ${order.currency} are left to be refunded`,
    };
  const { tenantId, orderId, paymentId } = order;
  const request: RefundRequest = {
    ...{ tenantId, orderId, requestId, amount: wanted, reason },
    status: 'REQUESTED',
    failureCode: null,
    createdAt: now,
    updatedAt: now,
  };
  return {
    kind: 'changed',
    order: { ...order, refundingAmount: order.refundingAmount + wanted },
    request,
    fact: { kind: 'refund-requested', paymentId, request },
  };
}

/** Money went back: for a request, or because the order is off. */
export function wentBack(order: Order, { amount, request }: Of<'refunded'>, now: string): Decision {
  const refunded = { ...order, refundedAmount: order.refundedAmount + amount };
  if (!request) return { kind: 'changed', order: refunded };
  return ended(refunded, request, { status: 'REFUNDED', updatedAt: now });
}

/** A request was refused for good: its amount may be asked for again. */
export const refundFailed = (order: Order, { code, request }: Of<'refund-failed'>, now: string): Decision =>
  ended(order, request, { status: 'FAILED', failureCode: code, updatedAt: now });

function ended(order: Order, request: RefundRequest, end: Partial<RefundRequest>): Decision {
  if (request.status !== 'REQUESTED')
    return { kind: 'ignored', code: 'WRONG_STATUS', why: `the request is ${request.status}` };
  return {
    kind: 'changed',
    order: { ...order, refundingAmount: order.refundingAmount - request.amount },
    request: { ...request, ...end },
  };
}
