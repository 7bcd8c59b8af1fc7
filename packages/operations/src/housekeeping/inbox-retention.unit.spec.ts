import { FatalStartupError } from '@comanda/kit';
import { RETRY_SECONDS } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import { assertInboxOutlives, HOUSEKEEPING } from './inbox-retention.js';

const inbox =
  (inboxRetentionDays: number, deadLetterReplayDays = 14, retrySeconds: readonly number[] = []) =>
  () =>
    assertInboxOutlives({ inboxRetentionDays, deadLetterReplayDays, retrySeconds });

describe('the inbox', () => {
  test('remembers long enough by default', () => {
    expect(() => assertInboxOutlives({ ...HOUSEKEEPING, retrySeconds: RETRY_SECONDS })).not.toThrow();
  });

  test('must remember for longer than outage, replay window and fast path together', () => {
    expect(inbox(23)).not.toThrow();
    expect(inbox(22)).toThrow(FatalStartupError);
    expect(inbox(30, 22)).toThrow(FatalStartupError);
    expect(inbox(9, 0)).not.toThrow();
    expect(inbox(8, 0)).toThrow(FatalStartupError);
  });

  test('must also outlast the retry schedule', () => {
    const twoDays = [86_400, 86_400];
    expect(inbox(25, 14, twoDays)).not.toThrow();
    expect(inbox(24, 14, twoDays)).toThrow(FatalStartupError);
  });

  test('that forgets too early is refused in one line that says how much it must be, and why', () => {
    const refused = inbox(20, 14, RETRY_SECONDS);
    expect(refused).toThrow(
      /^INBOX_RETENTION_DAYS: must be at least 23, not 20: [^\n]*DEAD_LETTER_REPLAY_DAYS[^\n]*$/,
    );
  });
});
