import { HEADERS, historyHeader, type Outgoing, republishedTo } from '@comanda/messaging';
import { deathOf, withoutBrokerNotes } from './death.js';
import type { DeadMessage } from './message.js';

const OF_THIS_DEATH: ReadonlySet<string> = new Set([
  HEADERS.cause,
  HEADERS.stack,
  HEADERS.service,
  HEADERS.handler,
  HEADERS.queue,
]);

/**
 * A dead letter as it is published for a replay: its body and properties as they came, its history with who replayed
 * it, and nothing more of how it died. Straight into the queue where it failed: the other consumers of an event have
 * had it.
 */
export function replayed(
  queue: string,
  message: DeadMessage,
  { by, at }: { by: string; at: string },
): Outgoing {
  const history = [...deathOf(queue, message).attempts, { at, replayedBy: by }];
  const headers = Object.entries(withoutBrokerNotes(message.properties.headers));
  const kept = Object.fromEntries(headers.filter(([name]) => !OF_THIS_DEATH.has(name)));
  return republishedTo(
    { ...message, properties: { ...message.properties, headers: kept } },
    queue,
    historyHeader(history),
  );
}
