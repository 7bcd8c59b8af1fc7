import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id, Word } from '../ids.js';
import { StoredText } from '../text.js';
import { Timestamp } from '../timestamp.js';
import { orderId } from './examples.js';

const ofSubscription = { publisher: 'webhook-publisher', aggregate: 'subscription' } as const;
const subscriptionId = '0192d1a4-a000-7000-8000-00000000d001';

const deliveryId = '0192d1a4-a100-7000-8000-00000000d002';

/** What the last attempt was, and of which event. All of it is missing in events of an earlier build. */
const LastAttempt = z
  .object({
    channel: Word,
    target: StoredText.describe(
      'Where it was to go; the query of a URL is left out, as it may hold a secret',
    ),
    deliveryId: Id,
    eventId: Id,
    eventType: Word,
    orderId: Id,
    attempts: z.int().min(0).describe('How many were made since the event, or the retry by hand'),
    at: Timestamp.describe('When the last one was made'),
    statusCode: z.int(),
    answer: StoredText.describe('The beginning of the last answer'),
    error: StoredText.describe('Why there was no answer'),
  })
  .partial();

const lastAttempt = {
  ...{ channel: 'webhook', target: 'https://hooks.example.com/comanda' },
  ...{ deliveryId, eventId: '0192d1a4-9000-7000-8000-00000000e001', eventType: 'order.created', orderId },
  ...{ attempts: 6, at: '2026-01-01T12:01:00.000Z', statusCode: 500, answer: 'out of order' },
};

export const DeliveryFailed = defineEvent('webhook.deliveryFailed', {
  ...ofSubscription,
  consumers: ['webhook-publisher'],
  summary:
    'Every attempt of a delivery failed, or it was not sent although somebody asked for it. The delivery is kept and can be retried by hand.',
  data: LastAttempt.extend({ subscriptionId: Id, deliveryId: Id, reason: StoredText }),
  example: { subscriptionId, ...lastAttempt, reason: 'Every attempt failed' },
});

export const SubscriptionDisabled = defineEvent('webhook.subscriptionDisabled', {
  ...ofSubscription,
  consumers: ['webhook-publisher'],
  summary: 'A subscription was disabled, because its endpoint is gone.',
  data: LastAttempt.extend({ subscriptionId: Id, reason: StoredText }),
  example: {
    subscriptionId,
    ...lastAttempt,
    statusCode: 410,
    answer: '',
    reason: 'The endpoint answered 410 Gone',
  },
});

export const SubscriptionMoved = defineEvent('webhook.subscriptionMoved', {
  ...ofSubscription,
  consumers: ['webhook-publisher'],
  summary:
    'The receiver of a subscription said where it is now, and its events go there from now on: a Telegram group became a supergroup.',
  data: LastAttempt.extend({
    subscriptionId: Id,
    channel: Word,
    target: StoredText.describe('Where events go from now on'),
    previousTarget: StoredText.describe('Where they went before'),
    deliveryId: Id,
    reason: StoredText,
  }),
  example: {
    subscriptionId,
    ...lastAttempt,
    ...{ channel: 'telegram', target: '-1001234567890', previousTarget: '-4012345678', attempts: 1 },
    statusCode: 400,
    answer: 'Bad Request: group chat was upgraded to a supergroup chat',
    reason: 'The receiver has moved',
  },
});
