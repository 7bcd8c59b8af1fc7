import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { Id, printable, Word } from '../ids.js';
import { Page, pageOfEach } from '../shared-shapes.js';
import { StoredText } from '../text.js';
import { Timestamp, TimestampBefore } from '../timestamp.js';

const to = 'webhook-publisher';

export const ReplayStatus = z.enum(['RUNNING', 'DONE', 'CANCELLED', 'FAILED']);
export type ReplayStatus = z.infer<typeof ReplayStatus>;

export const ReplayView = z.object({
  replayId: Id,
  subscriptionId: Id,
  status: ReplayStatus,
  since: Timestamp,
  until: Timestamp,
  eventTypes: z.array(Word).optional(),
  onlyFailed: z.boolean(),
  scheduled: z.number().int().describe('Events that were given a delivery; `GET /deliveries` lists these'),
  skipped: z.number().int().describe('Events that were looked at and not chosen'),
  reachedAt: Timestamp.describe('All events until then have been looked at'),
  reason: StoredText.optional().describe('Why it is FAILED'),
  createdAt: Timestamp,
  endedAt: Timestamp.optional(),
});
export type ReplayView = z.infer<typeof ReplayView>;

export const StartReplay = defineCommand('webhooks.startReplay', {
  to,
  summary:
    'Send the stored events of a range of time to a subscription once more, with the same ids and bytes.',
  data: z.object({
    replayId: Id,
    subscriptionId: Id,
    since: Timestamp.describe('Events that happened then or later'),
    until: TimestampBefore.optional().describe('Events that happened before; left out, until now'),
    eventTypes: z
      .array(printable(100))
      .min(1)
      .max(50)
      .optional()
      .describe('Patterns, in place of those of the subscription'),
    onlyFailed: z
      .boolean()
      .default(false)
      .describe(
        'Only events that were to be sent to this subscription, and none of whose deliveries arrived',
      ),
  }),
  result: ReplayView,
});

export const CancelReplay = defineCommand('webhooks.cancelReplay', {
  to,
  summary:
    'Give no further event of a replay a delivery. Deliveries that wait already are sent; a replay that has ended stays as it is.',
  data: z.object({ subscriptionId: Id, replayId: Id }),
  result: ReplayView,
});

export const GetReplay = defineQuery('webhooks.getReplay', {
  to,
  summary: 'One replay, and how far it is.',
  data: z.object({ subscriptionId: Id, replayId: Id }),
  result: ReplayView,
});

export const ListReplays = defineQuery('webhooks.listReplays', {
  to,
  summary: 'The replays of a subscription, newest first.',
  data: z.object({ subscriptionId: Id, ...Page }),
  result: pageOfEach(ReplayView),
});
