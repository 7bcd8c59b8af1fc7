import { z } from 'zod';
import { defineEvent } from '../define.js';
import { Id } from '../ids.js';
import { StoredText } from '../text.js';

const ofSubscription = { publisher: 'webhook-publisher', aggregate: 'subscription' } as const;
const subscriptionId = '0192d1a4-a000-7000-8000-00000000d001';

export const DeliveryFailed = defineEvent('webhook.deliveryFailed', {
  ...ofSubscription,
  consumers: ['webhook-publisher'],
  summary: 'Every attempt of a delivery failed. The delivery is kept and can be retried by hand.',
  data: z.object({ subscriptionId: Id, deliveryId: Id, reason: StoredText }),
  example: {
    subscriptionId,
    deliveryId: '0192d1a4-a100-7000-8000-00000000d002',
    reason: 'HTTP 500 on the last of 6 attempts',
  },
});

export const SubscriptionDisabled = defineEvent('webhook.subscriptionDisabled', {
  ...ofSubscription,
  consumers: ['webhook-publisher'],
  summary: 'A subscription was disabled, because its endpoint is gone.',
  data: z.object({ subscriptionId: Id, reason: StoredText }),
  example: { subscriptionId, reason: 'The endpoint answered 410 Gone' },
});
