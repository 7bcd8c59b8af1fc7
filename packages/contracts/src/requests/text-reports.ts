import { z } from 'zod';
import { defineCommand } from '../define.js';
import { Id, TenantId } from '../ids.js';
import { Timestamp } from '../timestamp.js';

/** What becomes of a text after Twilio has taken it, in Twilio's words. The last three are for good. */
export const TextStatus = z.enum(['queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed']);
export type TextStatus = z.infer<typeof TextStatus>;

/** Of Twilio: https://www.twilio.com/docs/api/errors */
export const TextErrorCode = z.number().int().min(1).max(999_999);

/** What Twilio told last of one text. */
export const TextReport = z.object({
  at: Timestamp.describe('When we heard it'),
  status: TextStatus,
  errorCode: TextErrorCode.optional().describe('Of Twilio: https://www.twilio.com/docs/api/errors'),
});

/** How a delivery or a notification went on after a text of it was taken; both are missing on other channels. */
export const Reported = {
  confirmedAt: Timestamp.optional().describe('When the carrier said that a text had arrived'),
  reports: z.array(TextReport).optional().describe('What Twilio told last of each text'),
};

/** Which text a report is about, as the URL says that Twilio calls. */
export const ReportedText = z.object({
  tenant: TenantId,
  /** The delivery, or the notification. */
  delivery: Id,
  /** The order of a notification; a delivery has none. */
  order: Id.optional(),
});
export type ReportedText = z.infer<typeof ReportedText>;

/** Where the gateway takes reports. */
export const TEXT_REPORTS_PATH = '/api/v1/sms-callbacks/twilio';

/**
 * The URL that Twilio is to call about a text.
 *
 * @param publicUrl where the world reaches the gateway, without a trailing slash
 */
export const textReportsUrl = (publicUrl: string, { tenant, delivery, order }: ReportedText): string =>
  `${publicUrl}${TEXT_REPORTS_PATH}?${new URLSearchParams({ tenant, delivery, ...(order !== undefined && { order }) })}`;

export const TakeTextReport = defineCommand('webhooks.takeTextReport', {
  to: 'webhook-publisher',
  summary:
    'Twilio told what became of a text. The gateway has verified its signature. Durable: Twilio is answered as soon as the broker has it. Reports come twice, late and out of order.',
  data: z.object({
    deliveryId: Id.describe('The delivery, or the notification'),
    orderId: Id.optional().describe('The order of a notification; a delivery has none here'),
    sid: z
      .string()
      .regex(/^(SM|MM)[0-9a-f]{32}$/)
      .describe('What Twilio calls the text'),
    status: TextStatus,
    errorCode: TextErrorCode.optional(),
  }),
  result: z.object({}),
});
