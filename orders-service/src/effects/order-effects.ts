import type { Message, Reply } from '@comanda/contracts';
import { type Context, type Effect, NotYet, respond } from '@comanda/messaging';
import type { Changed, Decision, Ignored } from '../domain/decision.js';
import type { Order } from '../domain/order.js';
import type { Creation, Trigger } from '../domain/transitions.js';
import { changesOf } from './order-changes.js';
import { type Requested, refuseRequest } from './refuse-request.js';
import { receivedStep } from './timeline-steps.js';

/** The message and the trigger that led to a decision and, for a command, the answer to it. */
export interface Cause {
  readonly message: Message<{ readonly orderId: string }>;
  readonly trigger: Trigger | Creation;
  readonly answer?: (decision: Changed | Ignored) => Reply;
  /** What was requested, when its refusal is to be told. */
  readonly requested?: Requested;
}

/**
 * Everything that follows from a decision about an order: the timeline's step for the message; the order and its refund
 * request; for each fact an event with a step of its own; the answer.
 * @throws NotYet when it is too early to decide: the message comes back by the retry schedule
 */
export function effectsOf(
  decision: Decision,
  { message, trigger, answer, requested }: Cause,
  context: Context,
): Effect[] {
  if (decision.kind === 'too-early') throw new NotYet(`order ${message.data.orderId}: ${decision.why}`);
  const ignored = decision.kind === 'ignored' && { ignored: decision.why };
  const reply = answer?.(decision);
  return [
    receivedStep(message, { ...detailOf(trigger, decision.order), ...ignored }),
    ...(decision.kind === 'changed' ? changesOf(decision, message, context) : []),
    ...(requested && reply && !reply.ok
      ? refuseRequest(decision.order, { message, requested, refusal: reply.refusal }, context)
      : []),
    ...(reply ? [respond(reply)] : []),
  ];
}

/** What a step says about its trigger: the number of lines of a new order, the id of a refund request, a currency. */
function detailOf(trigger: Trigger | Creation, { currency }: Order): Record<string, unknown> {
  if (trigger.kind === 'create-requested') return { items: trigger.items.length };
  const { kind: _, request, payment: __, ...detail } = { request: undefined, payment: undefined, ...trigger };
  const counted = 'amount' in detail && detail.amount !== undefined && { currency };
  return { ...counted, ...detail, ...(request && { requestId: request.requestId }) };
}
