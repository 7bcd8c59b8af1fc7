import type { ServiceName } from '@comanda/contracts';
import type { ConsumeMessage } from 'amqplib';
import { z } from 'zod';
import type { Outgoing } from '../broker/publisher.js';
import { deadLettersOf, retryQueueOf } from '../broker/topology.js';
import { NotYet } from './handler.js';

/** One failed attempt, as it stands in a message's history. */
const Attempt = z.object({ at: z.string(), error: z.string() });
const History = z.array(Attempt);
export type Attempt = z.infer<typeof Attempt>;

/** The headers by which a message tells what it has been through. Its body and properties stay untouched. */
export const HEADERS = {
  attempts: 'x-comanda-attempts',
  cause: 'x-comanda-cause',
  stack: 'x-comanda-stack',
  service: 'x-comanda-service',
  handler: 'x-comanda-handler',
  queue: 'x-comanda-queue',
} as const;

/** All headers of a message must fit into one frame (128 KiB), or the broker ends the connection that sends them. */
const LONGEST_HISTORY = 50;
const LONGEST_ERROR = 300;
const LONGEST_CAUSE = 2_000;
const LONGEST_STACK = 4_000;

export interface Failure {
  readonly delivery: ConsumeMessage;
  readonly error: unknown;
  readonly at: string;
  readonly queue: string;
  readonly service: ServiceName;
  readonly handler: string;
}

/**
 * Where a message goes that could not be handled: up the ladder of waiting queues when it may succeed later, to the
 * dead letters when it can't or the ladder has no further step.
 */
export function afterFailure(
  failure: Failure,
  retrySeconds: readonly number[],
): { kind: 'retry' | 'dead-letter'; message: Outgoing } {
  const { delivery, error, at, queue, service, handler } = failure;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? (error.stack ?? text) : text;
  const history = [...historyOf(delivery), { at, error: cut(text, LONGEST_ERROR) }].slice(-LONGEST_HISTORY);
  const seconds = error instanceof NotYet ? retrySeconds[history.length - 1] : undefined;
  const attempts = { [HEADERS.attempts]: JSON.stringify(history) };
  if (seconds !== undefined) {
    return { kind: 'retry', message: moved(delivery, retryQueueOf(queue, seconds), attempts) };
  }
  const told = {
    ...attempts,
    [HEADERS.cause]: cut(text, LONGEST_CAUSE),
    [HEADERS.stack]: cut(stack, LONGEST_STACK),
    [HEADERS.service]: service,
    [HEADERS.handler]: handler,
    [HEADERS.queue]: queue,
  };
  return { kind: 'dead-letter', message: moved(delivery, deadLettersOf(queue), told) };
}

/** The same message for another queue. */
export function moved(delivery: ConsumeMessage, queue: string, headers: Record<string, string>): Outgoing {
  const {
    messageId,
    contentType,
    contentEncoding,
    type,
    timestamp,
    appId,
    correlationId,
    replyTo,
    headers: own,
  } = delivery.properties;
  return {
    exchange: '',
    routingKey: queue,
    body: delivery.content,
    messageId: String(messageId ?? `unnamed-${delivery.fields.deliveryTag}`),
    options: {
      contentType,
      contentEncoding,
      type,
      timestamp,
      appId,
      correlationId,
      replyTo,
      headers: { ...own, ...headers },
    },
  };
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length)}... (${text.length} characters)`;

function historyOf(delivery: ConsumeMessage): Attempt[] {
  const header: unknown = delivery.properties.headers?.[HEADERS.attempts];
  if (typeof header !== 'string') return [];
  try {
    return History.parse(JSON.parse(header));
  } catch {
    return []; // somebody else wrote the header: the history starts anew
  }
}
