import type { HistoryEntry } from '@comanda/contracts';
import { HEADERS, historyOf } from '@comanda/messaging';
import { z } from 'zod';
import type { DeadMessage } from './message.js';

/**
 * What the broker notes on a message that it moved by itself. Source: https://www.rabbitmq.com/docs/dlx#effects.
 * amqplib gives a timestamp as the tagged number of seconds.
 */
const Note = z.object({
  queue: z.string(),
  reason: z.string(),
  time: z.object({ '!': z.literal('timestamp'), value: z.number().int().min(0).max(8_640_000_000_000) }),
});

const CAUSES: Readonly<Record<string, string>> = {
  delivery_limit:
    'it was given out again and again and never settled; the consumer that had it died, or lost its channel',
  rejected: 'its consumer rejected it',
  expired: 'its time to live ran out',
  maxlen: 'the queue was full',
};

/** Why a message became a dead letter, as far as its headers say. */
export interface Death {
  readonly cause: string;
  /** RFC 3339 UTC. */
  readonly at: string | undefined;
  /** Oldest first, with this death. */
  readonly attempts: readonly HistoryEntry[];
}

/**
 * A service records how a message failed. For a message that the broker dead-lettered by itself there is the broker's
 * own record.
 */
export function deathOf(queue: string, message: DeadMessage): Death {
  const history = historyOf(message);
  const recorded: unknown = message.properties.headers?.[HEADERS.cause];
  if (typeof recorded === 'string') {
    const last = Date.parse(history.findLast((entry) => 'error' in entry)?.at ?? '');
    return {
      cause: recorded,
      at: Number.isNaN(last) ? undefined : new Date(last).toISOString(),
      attempts: history,
    };
  }
  const note = brokersNote(queue, message);
  if (!note)
    return { cause: 'unknown: neither a service nor the broker says', at: undefined, attempts: history };
  const at = new Date(note.time.value * 1000).toISOString();
  const cause = `BrokerDeadLetter: ${note.reason}: ${CAUSES[note.reason] ?? 'the broker says no more'}`;
  return { cause, at, attempts: [...history, { at, error: cause }] };
}

function brokersNote(queue: string, { properties }: DeadMessage): z.infer<typeof Note> | undefined {
  const notes: unknown = properties.headers?.['x-death'];
  // Newest first; each retry leaves a record here as well, under the name of its own queue.
  for (const entry of Array.isArray(notes) ? notes : []) {
    const { data } = Note.safeParse(entry);
    if (data?.queue === queue) return data;
  }
  return undefined;
}

/** The headers with which the broker counts what it does to a message; it would go on counting in the next queue. */
const NOTES = /^x-(death|first-death-\w+|last-death-\w+|delivery-count|acquired-count)$/;

/** The headers without the broker's notes: it drops a message whose notes say that it goes round in a circle. */
export const withoutBrokerNotes = (headers: Record<string, unknown> = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !NOTES.test(name)));
