import type { Message, Reply } from '@comanda/contracts';
import { type Context, type Effect, NotYet, respond } from '@comanda/messaging';
import type { Changed, Decision, Ignored } from '../domain/decision.js';
import type { Order } from '../domain/order.js';
import type { Creation, Trigger } from '../domain/transitions.js';
import { orders, refundRequests } from '../storage/tables.js';
import { eventOf } from './order-events.js';
import { publishedStep, receivedStep } from './timeline-steps.js';

/** The message and the trigger that led to a decision and, for a command, the answer to it. */
export interface Cause {
  readonly message: Message<{ readonly orderId: string }>;
  readonly trigger: Trigger | Creation;
  readonly answer?: (decision: Changed | Ignored) => Reply;
}

/**
 * Everything that follows from a decision about an order: the timeline's step for the message; the order and its refund
 * request; for each fact an event with a step of its own; the answer.
 * @throws NotYet when it is too early to decide: the message comes back by the retry schedule
 */
export function effectsOf(
  decision: Decision,
  { message, trigger, answer }: Cause,
  context: Context,
): Effect[] {
  if (decision.kind === 'too-early') throw new NotYet(`order ${message.data.orderId}: ${decision.why}`);
  const ignored = decision.kind === 'ignored' && { ignored: decision.why };
  return [
    receivedStep(message, { ...detailOf(trigger, decision.order), ...ignored }),
    ...(decision.kind === 'changed' ? changesOf(decision, message, context) : []),
    ...(answer ? [respond(answer(decision))] : []),
  ];
}

function changesOf({ order, facts, request }: Changed, cause: Message<unknown>, context: Context): Effect[] {
  const events = facts.map((fact, at) =>
    eventOf(fact, { ...order, sequence: order.sequence + at + 1 }, context),
  );
  const sequence = order.sequence + events.length;
  return [
    orders.put({ ...order, sequence }),
    ...(request ? [refundRequests.put(request)] : []),
    ...events.flatMap((event) => [event, publishedStep({ event, order, request, cause, at: context.now })]),
  ];
}

/** What a step says about its trigger: the number of lines of a new order, the id of a refund request, a currency. */
function detailOf(trigger: Trigger | Creation, { currency }: Order): Record<string, unknown> {
  if (trigger.kind === 'create-requested') return { items: trigger.items.length };
  const { kind: _, request, payment: __, ...detail } = { request: undefined, payment: undefined, ...trigger };
  const counted = 'amount' in detail && detail.amount !== undefined && { currency };
  return { ...counted, ...detail, ...(request && { requestId: request.requestId }) };
}
