import type { Changed, Decision, Ignored } from './decision.js';
import type { Order } from './order.js';
import { follow, refundFailed, refundRequested, wentBack } from './refunds.js';
import { takeOrder } from './take-order.js';
import { type Creation, TRANSITIONS, type Trigger } from './transitions.js';

/**
 * What becomes of an order when something happens to it, its creation included. Pure: the same order, trigger and time
 * give the same decision.
 */
export function decide(order: Order | undefined, trigger: Trigger | Creation, now: string): Decision {
  if (!order)
    return trigger.kind === 'create-requested'
      ? takeOrder(trigger, now)
      : { kind: 'too-early', why: 'the order is not known here yet' };
  if (trigger.kind === 'create-requested') return wrongStatus(order);
  const status = TRANSITIONS[order.status][trigger.kind];
  if (status === undefined) return wrongStatus(order);
  const moved: Order = { ...order, status, updatedAt: now };
  switch (trigger.kind) {
    case 'stock-reserved':
      return { kind: 'changed', order: moved, facts: [] };
    case 'payment-completed':
      return {
        kind: 'changed',
        order: { ...moved, paymentId: trigger.paymentId },
        facts: [{ kind: 'confirmed', paymentId: trigger.paymentId }],
      };
    case 'stock-rejected':
      if (status === 'CANCELLED')
        return cancelled(moved, { code: 'RESERVATION_LOST', reason: trigger.reason, by: 'system' });
      return rejected(moved, { code: 'OUT_OF_STOCK', reason: trigger.reason });
    case 'payment-failed':
      return rejected(moved, trigger);
    case 'reservation-expired':
      return cancelled(moved, {
        code: 'RESERVATION_EXPIRED',
        reason: 'The order was not paid in time',
        by: 'system',
      });
    case 'stock-committed':
      // Clients don't see this change, so `updatedAt` stays.
      return { kind: 'changed', order: { ...order, stockCommittedAt: now }, facts: [] };
    case 'cancel-requested':
      return cancelled(moved, { code: `CANCELLED_BY_${trigger.by.toUpperCase()}`, ...trigger });
    case 'fulfil-requested':
      // Until the stock is sold it may still be lost, which cancels the order; a fulfilled order can't be cancelled.
      if (order.stockCommittedAt === null)
        return { kind: 'too-early', why: 'its stock is not known to be sold yet' };
      return { kind: 'changed', order: moved, facts: [{ kind: 'fulfilled' }] };
    case 'refund-requested':
      return refundRequested(order, trigger, now);
    case 'refunded':
      return wentBack(order, trigger, now);
    case 'refund-failed':
      return refundFailed(order, trigger, now);
    case 'disputed':
      return follow(order, trigger.payment, now);
  }
}

const wrongStatus = (order: Order): Ignored => ({
  kind: 'ignored',
  order,
  code: 'WRONG_STATUS',
  why: `the order is ${order.status}`,
});

const rejected = (order: Order, { code, reason }: { code: string; reason: string }): Changed => ({
  kind: 'changed',
  order: { ...order, failureCode: code, failureReason: reason },
  facts: [{ kind: 'rejected', code, reason }],
});

const cancelled = (
  order: Order,
  { code, reason, by }: { code: string; reason: string; by: 'customer' | 'staff' | 'system' },
): Changed => ({
  kind: 'changed',
  order: { ...order, failureCode: code, failureReason: reason },
  facts: [{ kind: 'cancelled', reason, by }],
});
