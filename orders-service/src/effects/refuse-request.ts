import { type Message, type Refusal, refuse } from '@comanda/contracts';
import { type Context, type Effect, respond } from '@comanda/messaging';
import type { RequestRejected } from '../domain/decision.js';
import type { Order } from '../domain/order.js';
import { type RefusedRequest, refusedRequests } from '../storage/tables.js';
import { changesOf } from './order-changes.js';
import { receivedStep } from './timeline-steps.js';

/** What a client requested, and the id by which it will be told when that is refused. */
export type Requested = Pick<RequestRejected, 'command' | 'requestId' | 'amount'>;

/**
 * A command is refused. Who waits for the answer reads it there. A command without an end of its waiting was answered
 * 202, so its refusal is told by an event, and kept, so that it is told once.
 */
export function refuseRequest(
  order: Order,
  { message, requested, refusal }: { message: Message<unknown>; requested: Requested; refusal: Refusal },
  context: Context,
): Effect[] {
  if (message.expirytime !== undefined) return [];
  const { code, detail: reason } = refusal;
  const { tenantId, orderId } = order;
  const { command, requestId, amount = null } = requested;
  return [
    refusedRequests.put({
      ...{ tenantId, orderId, requestId, command, amount, code, reason },
      createdAt: context.now,
    }),
    ...changesOf(
      { kind: 'changed', order, facts: [{ kind: 'request-rejected', ...requested, code, reason }] },
      message,
      context,
    ),
  ];
}

/** A request whose refusal was told stays refused: otherwise one request could be told both no and yes. */
export const refusedBefore = (
  message: Message<{ readonly orderId: string }>,
  { requestId, reason }: RefusedRequest,
): Effect[] => [
  receivedStep(message, { requestId, ignored: 'it was refused before' }),
  respond(
    refuse(
      409,
      'REQUEST_REFUSED',
      `This request was accepted and then refused: ${reason} Request it again with a new Idempotency-Key.`,
    ),
  ),
];
