import { moneyText } from '@comanda/contracts';
import type { Decision, Ignored } from './decision.js';
import type { Order, RefundRequest } from './order.js';
import type { Trigger } from './transitions.js';

type Of<Kind extends Trigger['kind']> = Extract<Trigger, { kind: Kind }>;

/** The amount that was paid and is neither refunded nor requested, in minor units. */
export const refundable = ({ totalAmount, refundedAmount, refundingAmount }: Order): number =>
  totalAmount - refundedAmount - refundingAmount;

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

/** Money was refunded: for a request, or because the order was rejected or cancelled (compensation). */
export function wentBack(order: Order, { amount, request }: Of<'refunded'>, now: string): Decision {
  if (request && request.status !== 'REQUESTED') return over(order, request);
  const refunded = { ...order, refundedAmount: order.refundedAmount + amount, updatedAt: now };
  return request
    ? ended(refunded, { ...request, status: 'REFUNDED', updatedAt: now })
    : { kind: 'changed', order: refunded, facts: [] };
}

/** The provider refused a request for good, so its amount may be requested again. */
export function refundFailed(order: Order, { code, request }: Of<'refund-failed'>, now: string): Decision {
  if (!request) return { kind: 'too-early', why: 'the refund request is not known here yet' };
  if (request.status !== 'REQUESTED') return over(order, request);
  return ended(
    { ...order, updatedAt: now },
    { ...request, status: 'FAILED', failureCode: code, updatedAt: now },
  );
}

const ended = (order: Order, request: RefundRequest): Decision => ({
  kind: 'changed',
  order: { ...order, refundingAmount: order.refundingAmount - request.amount },
  facts: [],
  request,
});

/** A request ends once. */
const over = (order: Order, { status }: RefundRequest): Ignored => ({
  kind: 'ignored',
  order,
  code: 'WRONG_STATUS',
  why: `the request is ${status}`,
});
