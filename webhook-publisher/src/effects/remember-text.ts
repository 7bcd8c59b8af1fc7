import type { Effect } from '@comanda/messaging';
import type { AttemptResult } from '../domain/attempt-result.js';
import { type SentText, sentTexts } from '../storage/tables.js';

type About = Pick<SentText, 'tenantId' | 'deliveryId'>;

const sidOf = (result: AttemptResult | undefined): string | undefined =>
  result?.kind === 'response' ? result.sid : undefined;

/** What is known of the text that an attempt has sent; nothing is asked for other channels. */
export const textOf = ({ tenantId, deliveryId }: About, result: AttemptResult | undefined) => {
  const sid = sidOf(result);
  return sid === undefined ? [] : [sentTexts.lock(tenantId, deliveryId, sid)];
};

/** A text that Twilio has taken, unless a report of it was here first. */
export function rememberText(
  { tenantId, deliveryId }: About,
  result: AttemptResult,
  known: SentText | undefined,
  at: string,
): Effect[] {
  const sid = sidOf(result);
  if (sid === undefined || known !== undefined) return [];
  return [sentTexts.put({ tenantId, deliveryId, sid, status: 'queued', errorCode: null, at })];
}
