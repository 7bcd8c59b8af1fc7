import type { ServiceName } from '@comanda/contracts';
import { WrongSender } from '../broker/senders.js';
import { deadLettersOf, retryQueueOf } from '../broker/topology.js';
import type { Delivery, Outgoing } from '../broker/transport.js';
import { republishedTo } from '../broker/wire.js';
import { NotYet } from './handler.js';
import { ATTEMPTS, failuresInARow, historyHeader, historyOf } from './history.js';

/** The headers that carry the history of a message. Its body and properties stay untouched. */
export const HEADERS = {
  attempts: ATTEMPTS,
  cause: 'x-comanda-cause',
  stack: 'x-comanda-stack',
  service: 'x-comanda-service',
  handler: 'x-comanda-handler',
  queue: 'x-comanda-queue',
  /** Who sent it and may not: it is never put back. */
  wrongSender: 'x-comanda-wrong-sender',
} as const;

/** With the longest history they still fit into one frame (see history.ts). */
const MAX_ERROR = 300;
const MAX_CAUSE = 2_000;
const MAX_STACK = 4_000;

export interface Failure {
  readonly delivery: Delivery;
  readonly error: unknown;
  readonly at: string;
  readonly queue: string;
  readonly service: ServiceName;
  readonly handler: string;
}

/**
 * Where a message goes that could not be handled: to the next retry queue when it may succeed later, to the dead
 * letters when it can't or the retry schedule has no further step.
 */
export function afterFailure(
  failure: Failure,
  retrySeconds: readonly number[],
): { kind: 'retry' | 'dead-letter'; message: Outgoing } {
  const { delivery, error, at, queue, service, handler } = failure;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? (error.stack ?? text) : text;
  const history = [...historyOf(delivery), { at, error: cut(text, MAX_ERROR) }];
  const seconds = error instanceof NotYet ? retrySeconds[failuresInARow(history) - 1] : undefined;
  const attempts = historyHeader(history);
  if (seconds !== undefined) {
    return { kind: 'retry', message: republishedTo(delivery, retryQueueOf(queue, seconds), attempts) };
  }
  const headers = {
    ...attempts,
    [HEADERS.cause]: cut(text, MAX_CAUSE),
    [HEADERS.stack]: cut(stack, MAX_STACK),
    [HEADERS.service]: service,
    [HEADERS.handler]: handler,
    [HEADERS.queue]: queue,
    ...(error instanceof WrongSender && { [HEADERS.wrongSender]: error.sender }),
  };
  return { kind: 'dead-letter', message: republishedTo(delivery, deadLettersOf(queue), headers) };
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length)}... (${text.length} characters)`;
