import {
  type Message,
  OrderCancelled,
  OrderConfirmed,
  OrderFulfilled,
  OrderRefundRequested,
  OrderRejected,
} from '@comanda/contracts';
import { type Context, type Effect, type Emit, emit, NotYet } from '@comanda/messaging';
import { type Decision, decide, type OrderFact } from '../domain/decide.js';
import type { Order } from '../domain/order.js';
import type { Trigger } from '../domain/transitions.js';
import { orders, refundRequests, timeline } from '../storage/tables.js';

/** What happens to an order because of a message: the step in its timeline, its new state, and what it tells. */
export function advance(
  message: Message<unknown>,
  order: Order | undefined,
  trigger: Trigger,
  context: Context,
): Effect[] {
  if (!order) throw new NotYet(`order ${message.subject} is not known here yet`);
  return outcome(message, order, trigger, decide(order, trigger, context.now), context);
}

/** The same, when it was decided before. */
export function outcome(
  message: Message<unknown>,
  order: Order,
  trigger: Trigger,
  decision: Decision,
  context: Context,
): Effect[] {
  return [
    step(order, message, detailOf(trigger, decision)),
    ...(decision.kind === 'changed' ? keep(decision, message, context) : []),
  ];
}

/** A step that changes nothing, for the record. */
export const record = (
  message: Message<Record<string, unknown> & { orderId: string }>,
  detail: Record<string, unknown>,
): Effect => step({ tenantId: message.tenantid, orderId: message.data.orderId }, message, detail);

/** The changed order with its request, what it tells, and that it told it. */
export function keep(
  { order, fact, request }: Omit<Extract<Decision, { kind: 'changed' }>, 'kind'>,
  cause: Message<unknown>,
  context: Context,
): Effect[] {
  const requests = request ? [refundRequests.put({ ...request })] : [];
  if (!fact) return [orders.put({ ...order, items: [...order.items] }), ...requests];
  const sequence = order.sequence + 1;
  const event = toEvent({ ...order, sequence }, fact, context);
  return [
    orders.put({ ...order, items: [...order.items], sequence }),
    ...requests,
    event,
    ownStep(
      order,
      event,
      cause,
      context,
      request && { requestId: request.requestId, amount: request.amount },
    ),
  ];
}

/** What this service told, as a step in the timeline. */
export const ownStep = (
  order: Order,
  event: Emit,
  cause: Message<unknown>,
  context: Context,
  facts: Record<string, unknown> = {},
): Effect =>
  timeline.append({
    tenantId: order.tenantId,
    orderId: order.orderId,
    messageId: event.id,
    at: context.now,
    service: 'orders-service',
    type: event.event.type,
    causationId: cause.id,
    detail: {
      status: order.status,
      ...facts,
      ...(order.failureCode !== null && { code: order.failureCode, reason: order.failureReason }),
    },
  });

export const step = (
  { tenantId, orderId }: Pick<Order, 'tenantId' | 'orderId'>,
  message: Message<unknown>,
  detail: Record<string, unknown>,
): Effect =>
  timeline.append({
    tenantId,
    orderId,
    messageId: message.id,
    at: message.time,
    service: message.source,
    type: message.type,
    causationId: message.causationid ?? null,
    detail,
  });

function toEvent(order: Order, fact: OrderFact, context: Context): Emit {
  const { orderId, sequence, totalAmount, currency } = order;
  const fields = { id: context.newId(), subject: orderId, sequence };
  switch (fact.kind) {
    case 'confirmed':
      return emit(OrderConfirmed, {
        ...fields,
        data: { orderId, totalAmount, currency, paymentId: fact.paymentId },
      });
    case 'rejected':
      return emit(OrderRejected, { ...fields, data: { orderId, reason: fact.reason, code: fact.code } });
    case 'cancelled':
      return emit(OrderCancelled, { ...fields, data: { orderId, reason: fact.reason, by: fact.by } });
    case 'fulfilled':
      return emit(OrderFulfilled, { ...fields, data: { orderId } });
    case 'refund-requested': {
      const { requestId, amount, reason } = fact.request;
      const { paymentId } = fact;
      return emit(OrderRefundRequested, {
        ...fields,
        data: { orderId, paymentId, amount, reason, requestId },
      });
    }
  }
}

function detailOf(trigger: Trigger, decision: Decision): Record<string, unknown> {
  const facts = factsOf(trigger);
  return decision.kind === 'ignored' ? { ...facts, ignored: decision.why } : facts;
}

/** What a step says of a trigger; of a request it names the id alone. */
function factsOf({ kind: _, ...facts }: Trigger): Record<string, unknown> {
  if (!('request' in facts)) return facts;
  const { request, ...others } = facts;
  return request ? { ...others, requestId: request.requestId } : others;
}
