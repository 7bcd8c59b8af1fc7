import { FatalStartupError } from '@comanda/kit';
import { PROCESSED_SECONDS } from '@comanda/messaging';
import type { Retention } from '@comanda/storage';

const DAY_SECONDS = 24 * 3600;

/**
 * For how many days a service or the broker may be down in the middle of a message: a publisher between the broker's
 * confirm and the removal of its outbox row (it publishes again when it is back), a consumer between its commit and its
 * ack, or the broker with an ack that never reached it.
 */
export const MAX_OUTAGE_DAYS = 7;

export interface ReturnWays {
  /** How long the inbox remembers a message. */
  readonly inboxRetentionDays: number;
  /** How long after its death a dead letter may be replayed. */
  readonly deadLetterReplayDays: number;
  /** The retry schedule that a message goes through before it is dead. */
  readonly retrySeconds: readonly number[];
}

export interface HousekeepingSettings {
  readonly everySeconds: number;
  readonly inboxRetentionDays: number;
  readonly deadLetterReplayDays: number;
}

export const HOUSEKEEPING: HousekeepingSettings = {
  everySeconds: 300,
  inboxRetentionDays: 30,
  deadLetterReplayDays: 14,
};

/** How long handled messages are remembered. */
export const inboxRetention = (keptDays: number): Retention => ({
  what: 'inbox',
  keptDays,
  remove: (transaction, old) => transaction.removeOldInbox(old),
});

/**
 * Asserts that the inbox remembers a message for longer than it can take to come back. Throws `FatalStartupError`.
 *
 * A message that waits, however long, was not handled, and so is not in the inbox: its wait does not count. What counts
 * is the time from the moment at which one copy was handled to the last one at which another copy may come: it was
 * published twice or not acked, found after an outage; its copy went through the retries, died, and was replayed on the
 * last day on which it could be. They are added up, as if all happened to one message. The fast path is part of the sum
 * because it may only ever know less than the inbox.
 */
export function assertInboxOutlives({
  inboxRetentionDays,
  deadLetterReplayDays,
  retrySeconds,
}: ReturnWays): void {
  const retryScheduleDays = retrySeconds.reduce((sum, seconds) => sum + seconds, 0) / DAY_SECONDS;
  const processedDays = PROCESSED_SECONDS / DAY_SECONDS;
  const longest = MAX_OUTAGE_DAYS + retryScheduleDays + deadLetterReplayDays + processedDays;
  if (inboxRetentionDays > longest) return;
  throw new FatalStartupError(
    `INBOX_RETENTION_DAYS: must be at least ${Math.floor(longest) + 1}, not ${inboxRetentionDays}: a message may come ` +
      `back for ${longest.toFixed(3)} days (${MAX_OUTAGE_DAYS} of an outage, ${deadLetterReplayDays} of ` +
      `DEAD_LETTER_REPLAY_DAYS, ${processedDays} in Redis, ${retryScheduleDays.toFixed(3)} of retries), and one that the inbox ` +
      'has forgotten would be handled twice',
  );
}
