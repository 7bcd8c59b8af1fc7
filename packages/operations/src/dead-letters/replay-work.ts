import {
  defineWork,
  type Effect,
  type Publisher,
  publishWithTimeout,
  schedule,
  type WorkKind,
} from '@comanda/messaging';
import { z } from 'zod';
import { messageFrom, StoredMessage } from './message.js';
import { replayed } from './replayed.js';

const KIND = 'replay-dead-letter';

const Payload = z.object({
  queue: z.string(),
  by: z.string(),
  at: z.string(),
  message: StoredMessage,
});

/** Writes down that a message is to be put back. The work holds the message from now on; `id` names this replay. */
export const scheduleReplay = (id: string, payload: z.infer<typeof Payload>): Effect =>
  schedule({ work: KIND, id, dueAt: payload.at, payload });

/**
 * Publishes the message into the queue where it failed. After a crash between the broker's confirm and the commit it
 * is published again, and the inbox lets one of the two take effect.
 */
export const replayWork = (publisher: Publisher): WorkKind =>
  defineWork({
    kind: KIND,
    payload: Payload,
    leaseSeconds: 10,
    concurrency: 20,
    run: ({ payload: { queue, message, by, at } }) =>
      publishWithTimeout(publisher, replayed(queue, messageFrom(message), { by, at })),
    needs: () => ({}),
    decide: () => [],
  });
