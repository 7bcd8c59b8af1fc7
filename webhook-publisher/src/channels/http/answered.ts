import { readRetryAfter } from '@comanda/kit';
import type { Answered } from '../../domain/attempt-result.js';
import type { HttpAnswer } from './safe-http-client.js';
import { shown, shownLine } from './shown.js';

/** What a receiver says would help. Somebody must look at it, so it stands in the history. */
interface Hint {
  readonly means?: string;
  readonly headers: readonly string[];
}
const REDIRECT: Hint = { means: 'redirects are not followed', headers: ['location'] };
const HINTS: Readonly<Record<number, Hint>> = {
  300: REDIRECT,
  301: REDIRECT,
  302: REDIRECT,
  303: REDIRECT,
  307: REDIRECT,
  308: REDIRECT,
  401: { headers: ['www-authenticate'] },
  405: { headers: ['allow'] },
  415: { headers: ['accept', 'accept-encoding'] },
  421: { means: 'the receiver does not serve this host', headers: [] },
  426: { means: 'the receiver wants another protocol', headers: ['upgrade'] },
};

/** The answer of an endpoint, as it counts and as it stands in the history. */
export function answeredBy(answer: HttpAnswer, now: number): Answered {
  const { status, text, durationMs } = answer;
  const wish = wishOf(answer, now);
  const notes = [...answer.notes, ...hintsOf(answer), ...wish.notes];
  return { kind: 'response', status, body: shown(text), durationMs, ...wish.retryAt, ...noteOf(notes) };
}

function hintsOf({ status, header }: HttpAnswer): string[] {
  const { means, headers } = HINTS[status] ?? { headers: [] };
  const values = headers.flatMap((name) => header(name).map((value) => `${name}: ${shownLine(value)}`));
  return means === undefined ? values : [means, ...values];
}

/**
 * When the peer wants to be asked again.
 *
 * @param more wishes that don't stand in the header
 */
export function wishOf(answer: HttpAnswer, now: number, more: readonly string[] = []) {
  const { until, notUnderstood } = readRetryAfter([...answer.header('retry-after'), ...more], now);
  return {
    retryAt: until === undefined ? {} : { retryAt: until },
    notes: notUnderstood.map((text) => `Retry-After is not understood: "${shownLine(text, 100)}"`),
  };
}

export const noteOf = (notes: readonly string[]): { readonly note?: string } =>
  notes.length === 0 ? {} : { note: notes.join('; ') };
