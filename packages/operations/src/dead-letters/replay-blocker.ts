import type { ReplayBlocker } from '@comanda/contracts';
import { HEADERS } from '@comanda/messaging';
import type { DeadLetterRow } from './table.js';

const DAY_MS = 24 * 3_600_000;

export interface ReplayRules {
  readonly now: Date;
  /** Dead letters that died longer ago are put back only by force. */
  readonly replayDays: number;
}

export function replayBlocker(
  { diedAt, expiresAt, properties }: Pick<DeadLetterRow, 'diedAt' | 'expiresAt' | 'properties'>,
  { now, replayDays }: ReplayRules,
): ReplayBlocker | undefined {
  const wrongSender = properties.headers?.[HEADERS.wrongSender];
  if (wrongSender !== undefined)
    return {
      code: 'WRONG_SENDER',
      detail: `It was sent by ${String(wrongSender) || 'a user who is not named'}, who may not send such a message: it is evidence, and can only be discarded.`,
    };
  if (expiresAt !== null && Date.parse(expiresAt) < now.getTime())
    return {
      code: 'EXPIRED',
      detail: `Its sender waited for an answer until ${expiresAt}; the service would not carry it out any more. Make the request again, and discard this.`,
    };
  if (diedAt !== '' && now.getTime() - Date.parse(diedAt) <= replayDays * DAY_MS) return undefined;
  const death = diedAt === '' ? 'When it died is not known' : `It died at ${diedAt}`;
  return {
    code: 'TOO_OLD',
    detail: `${death}, and what died more than ${replayDays} days ago is not put back: a service forgets after a while which messages took effect, and could not tell a second copy from a new message.`,
  };
}
