import type { Message } from '@comanda/contracts';
import type { Effect, Emit } from '@comanda/messaging';
import type { OrderFact } from '../domain/decision.js';
import type { Order, RefundRequest } from '../domain/order.js';
import { timeline } from '../storage/tables.js';

/** The step for a message that this service received about an order. */
export const receivedStep = (
  { id, tenantid, time, source, type, causationid, data }: Message<{ readonly orderId: string }>,
  detail: Record<string, unknown>,
): Effect =>
  timeline.append({
    tenantId: tenantid,
    orderId: data.orderId,
    messageId: id,
    at: time,
    service: source,
    type,
    causationId: causationid ?? null,
    detail,
  });

/** The step for an event that this service publishes. */
export const publishedStep = ({
  event,
  fact,
  order,
  request,
  cause,
  at,
}: {
  event: Emit;
  fact: OrderFact | undefined;
  order: Order;
  request: RefundRequest | undefined;
  cause: Message<unknown>;
  at: string;
}): Effect =>
  timeline.append({
    tenantId: order.tenantId,
    orderId: order.orderId,
    messageId: event.id,
    at,
    service: 'orders-service',
    type: event.event.type,
    causationId: cause.id,
    detail: {
      status: order.status,
      ...(request && { requestId: request.requestId, amount: request.amount, currency: order.currency }),
      ...(order.failureCode !== null && { code: order.failureCode, reason: order.failureReason }),
      ...(fact?.kind === 'request-rejected' && {
        requestId: fact.requestId,
        code: fact.code,
        reason: fact.reason,
      }),
    },
  });
