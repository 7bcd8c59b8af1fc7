import { z } from 'zod';
import { defineQuery } from '../define.js';
import { Id } from '../ids.js';
import { StoredText } from '../text.js';
import { Timestamp, TimestampBefore } from '../timestamp.js';

const Count = z.number().int();

/** How a subscription is doing. */
export const SubscriptionHealth = z.object({
  state: z.enum(['HEALTHY', 'FAILING', 'DISABLED']),
  failingSince: Timestamp.optional().describe('Since then no delivery has arrived'),
  circuit: z
    .enum(['CLOSED', 'OPEN', 'HALF_OPEN'])
    .describe('Whether its endpoint is left alone, as the instance sees it that answers'),
  pending: Count.describe('Deliveries that wait; 1,000 are counted at most'),
  delivered24h: Count.describe('In this hour and the 23 before'),
  failed24h: Count,
  lastDeliveredAt: Timestamp.optional(),
  lastError: StoredText.optional().describe('Why the last attempt failed that did, in the same hours'),
});
export type SubscriptionHealth = z.infer<typeof SubscriptionHealth>;

const counts = {
  delivered: Count.describe('Deliveries that arrived'),
  failed: Count.describe('Deliveries that were given up'),
  dropped: Count.describe('Deliveries that were not sent, because the subscription was disabled or deleted'),
  attempts: Count,
  p50Ms: Count.optional().describe('Half of the attempts took no longer; up to a fifth too high'),
  p99Ms: Count.optional().describe('99 of 100 attempts took no longer; up to a fifth too high'),
};

export const LastAnswer = z.object({
  deliveryId: Id,
  at: Timestamp,
  statusCode: Count.optional(),
  durationMs: Count,
  error: StoredText.optional(),
});
export type LastAnswer = z.infer<typeof LastAnswer>;

export const GetSubscriptionStats = defineQuery('webhooks.getSubscriptionStats', {
  to: 'webhook-publisher',
  summary: 'How the deliveries of a subscription went, by hour.',
  data: z.object({
    subscriptionId: Id,
    since: Timestamp.optional().describe('Left out, 24 hours before `until`'),
    until: TimestampBefore.optional().describe('Left out, now; at most 31 days after `since`'),
  }),
  result: z.object({
    subscriptionId: Id,
    since: Timestamp.describe('The beginning of the first hour'),
    until: Timestamp.describe('The end of the last hour'),
    overall: z.object(counts),
    hours: z
      .array(z.object({ hour: Timestamp, ...counts }))
      .describe('The oldest first; hours in which nothing was attempted are left out'),
    lastAnswers: z.array(LastAnswer).describe('The newest first, ten at most'),
  }),
});
