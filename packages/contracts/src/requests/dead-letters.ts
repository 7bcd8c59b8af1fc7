import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { printable, Word } from '../ids.js';
import { CONSUMING_SERVICES, type ConsumingService } from '../services.js';
import { StoredText, text } from '../text.js';
import { Timestamp } from '../timestamp.js';

/** An attempt that failed, or the moment when staff put the dead letter back. */
export const HistoryEntry = z.union([
  z.object({ at: Word, error: StoredText }),
  z.object({ at: Word, replayedBy: StoredText }),
]);
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** A message that could not be handled, as it is shown. Its headers and body may have been written by strangers. */
export const DeadLetter = z.object({
  messageId: Word.describe('Its message id; `unnamed-...`, made of its content, when it has none'),
  queue: Word.describe('The queue in which it failed, and to which a replay puts it back'),
  type: Word.optional(),
  service: Word,
  handler: Word.optional(),
  cause: StoredText,
  stack: StoredText.optional(),
  attempts: z.array(HistoryEntry).describe('Oldest first: each failure, and each time it was put back'),
  diedAt: Timestamp.optional(),
  correlationId: Word.optional(),
  tenantId: Word,
  source: Word.optional(),
  size: z.number().int().describe('Bytes of its body'),
  replayable: z.boolean(),
  obstacle: StoredText.optional().describe('Why it would not be put back'),
  copies: z.number().int().describe('How often the same message died there since it was last put back'),
  body: z.unknown().optional().describe('Its body, when that is JSON and not too large to be shown'),
  bodyBase64: Word.optional().describe('Its body, when that is not JSON'),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

/** Why a dead letter is not put back. `TOO_OLD` can be overruled by who knows that the message never took effect. */
export const ReplayBlocker = z.object({
  code: z.enum(['TOO_OLD', 'EXPIRED', 'WRONG_SENDER']),
  detail: StoredText,
});
export type ReplayBlocker = z.infer<typeof ReplayBlocker>;

/** Whether the schemas of the service take the message as they are now; its database has the last word. */
export const ReplayPreview = z.object({ fits: z.boolean(), detail: StoredText });
export type ReplayPreview = z.infer<typeof ReplayPreview>;

/** What became of a dead letter that was to be put back or discarded, or would. Its body is left out. */
export const DeadLetterOutcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('replayed'), deadLetter: DeadLetter, preview: ReplayPreview }),
  z.object({ kind: z.literal('refused'), deadLetter: DeadLetter, blocker: ReplayBlocker }),
  z.object({ kind: z.literal('discarded'), deadLetter: DeadLetter }),
  z.object({ kind: z.literal('none'), messageId: Word }),
]);
export type DeadLetterOutcome = z.infer<typeof DeadLetterOutcome>;

/** Of a message in our queues, or what a dead letter without one is called. */
const MessageId = printable(100);
/**
 * Where a dead letter stands in the list of its service. A dead letter of which nobody knows when it died comes first: ''.
 * The id '' stands before all ids.
 */
export const DeadLetterPosition = z.object({
  diedAt: Timestamp.or(z.literal('')),
  messageId: MessageId.or(z.literal('')),
});

const ListData = z.object({
  messageId: MessageId.optional(),
  type: printable(100).optional(),
  everyTenant: z.boolean().default(false).describe('For those who run the installation'),
  order: z.enum(['newest-first', 'oldest-first']).default('newest-first'),
  after: DeadLetterPosition.optional().describe('The last dead letter of the page before'),
  limit: z.number().int().min(1).max(1_000),
});
/** One command holds the dead letters with their bodies in memory: few, because each may have megabytes. */
export const MAX_DEAD_LETTERS = 20;
const WhichDeadLetters = z.object({
  messageIds: z.array(MessageId).min(1).max(MAX_DEAD_LETTERS),
  dryRun: z.boolean().describe('Only say what would happen'),
});

/** What each service that has dead letters is asked about its own. */
const requestsTo = ({ name: to, alias }: ConsumingService) => ({
  list: defineQuery(`${alias}.listDeadLetters`, {
    to,
    summary:
      'Dead letters of this service. Bodies of more than 8 KiB are left out; of one dead letter, more than 1 MiB.',
    data: ListData,
    result: z.object({ items: z.array(DeadLetter) }),
  }),
  replay: defineCommand(`${alias}.replayDeadLetters`, {
    to,
    summary: 'Put dead letters back into the queue in which they failed.',
    data: WhichDeadLetters.extend({
      by: text(200),
      force: z.boolean().default(false).describe('Also what is too old'),
    }),
    result: z.object({ items: z.array(DeadLetterOutcome) }),
  }),
  discard: defineCommand(`${alias}.discardDeadLetters`, {
    to,
    summary: 'Throw dead letters away.',
    data: WhichDeadLetters,
    result: z.object({ items: z.array(DeadLetterOutcome) }),
  }),
});
export type DeadLetterRequests = ReturnType<typeof requestsTo>;

const REQUESTS: ReadonlyMap<string, DeadLetterRequests> = new Map(
  CONSUMING_SERVICES.map((service) => [service.name, requestsTo(service)]),
);

export const DEAD_LETTER_REQUESTS: readonly DeadLetterRequests[] = [...REQUESTS.values()];

export function deadLetterRequestsTo(service: string): DeadLetterRequests {
  const requests = REQUESTS.get(service);
  if (!requests) throw new Error(`${service} handles no messages, and so has no dead letters`);
  return requests;
}
