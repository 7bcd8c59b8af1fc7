import type { Message } from '@comanda/contracts';
import type { Context, Effect } from '@comanda/messaging';
import type { Changed } from '../domain/decision.js';
import { orders, refundRequests } from '../storage/tables.js';
import { eventOf } from './order-events.js';
import { publishedStep } from './timeline-steps.js';

/** The order and its refund request in their new states, and for each fact an event with a step of its own. */
export function changesOf(
  { order, facts, request }: Changed,
  cause: Message<unknown>,
  context: Context,
): Effect[] {
  const events = facts.map((fact, at) =>
    eventOf(fact, { ...order, sequence: order.sequence + at + 1 }, context),
  );
  const sequence = order.sequence + events.length;
  return [
    orders.put({ ...order, sequence }),
    ...(request ? [refundRequests.put(request)] : []),
    ...events.flatMap((event, at) => [
      event,
      publishedStep({ event, fact: facts[at], order, request, cause, at: context.now }),
    ]),
  ];
}
