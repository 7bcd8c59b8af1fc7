import type { ConsumeMessage } from 'amqplib';
import type { Outgoing } from '../broker/publisher.js';
import { HEADERS, republishedTo } from '../runtime/failure.js';
import { historyHeader } from '../runtime/history.js';
import { deathOf, withoutBrokerNotes } from './death.js';

const OF_THIS_DEATH: ReadonlySet<string> = new Set([
  HEADERS.cause,
  HEADERS.stack,
  HEADERS.service,
  HEADERS.handler,
  HEADERS.queue,
]);

/**
 * A letter as it goes back: its body and properties as they came, its history with who put it back, and nothing
 * more of how it died. Straight into the queue where it failed: the other readers of an event have had it.
 */
export function replayed(
  queue: string,
  delivery: ConsumeMessage,
  { by, at }: { by: string; at: string },
): Outgoing {
  const history = [...deathOf(queue, delivery).attempts, { at, replayedBy: by }];
  return republishedTo(withHeaders(delivery, withoutDeath), queue, historyHeader(history));
}

/** The same letter at the end of its own queue, for one that was looked at so often that the broker would drop it. */
export const renewed = (deadLetters: string, delivery: ConsumeMessage): Outgoing =>
  republishedTo(
    withHeaders(delivery, ({ 'x-delivery-count': _, 'x-acquired-count': __, ...headers }) => headers),
    deadLetters,
    {},
  );

const withoutDeath = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(withoutBrokerNotes(headers)).filter(([name]) => !OF_THIS_DEATH.has(name)),
  );

type Headers = Record<string, unknown>;

const withHeaders = (delivery: ConsumeMessage, change: (headers: Headers) => Headers): ConsumeMessage => ({
  ...delivery,
  properties: { ...delivery.properties, headers: change(delivery.properties.headers ?? {}) },
});
