import type { TextStatus } from '@comanda/contracts';
import type { AttemptResult } from './attempt-result.js';

/** What Twilio told of a text. */
export interface TextState {
  readonly status: TextStatus;
  readonly errorCode: number | null;
}

/** Reports come late and out of order: a text never goes back. */
const RANK: Readonly<Record<TextStatus, number>> = {
  ...{ queued: 0, sending: 1, sent: 2 },
  ...{ delivered: 3, undelivered: 3, failed: 3 },
};

/** Whether a text is further than what is known of it. */
export const isFurther = ({ status }: TextState, known: TextState | undefined): boolean =>
  known === undefined || RANK[status] > RANK[known.status];

export const hasArrived = ({ status }: TextState): boolean => status === 'delivered';
export const hasFailed = ({ status }: TextState): boolean => status === 'undelivered' || status === 'failed';
/** Nothing more comes of it. */
export const isSettled = (text: TextState): boolean => hasArrived(text) || hasFailed(text);

/**
 * This number will take no text of ours: it is none, is in no network, can't take texts, or its owner said STOP.
 *
 * @see https://www.twilio.com/docs/api/errors
 */
export const NUMBER_GONE: ReadonlySet<number> = new Set([21211, 21610, 21614, 30005]);

/** Why a text did not arrive; for people. */
export const whyFailed = ({ status, errorCode }: TextState): string =>
  `the carrier did not deliver it (${errorCode ?? `${status}, without a code`})`;

/** Why nothing more may be sent to its number. */
export const whyGone = (text: TextState): string | undefined =>
  text.errorCode !== null && NUMBER_GONE.has(text.errorCode)
    ? `Twilio reported ${text.errorCode}`
    : undefined;

/** The result of an attempt, when a report of its failure was here before its answer was written down. */
export function asReported(result: AttemptResult, text: TextState | undefined): AttemptResult {
  if (result.kind !== 'response' || text === undefined || !hasFailed(text)) return result;
  const { status, durationMs, body } = result;
  const gone = whyGone(text);
  const detail = `${whyFailed(text)} ${body}`;
  return { kind: 'refused', status, detail, durationMs, ...(gone !== undefined && { gone }) };
}
