import { createHmac, timingSafeEqual } from 'node:crypto';

/** A call as it came. */
export interface TwilioCall {
  /** All of it, with the query, as it was given to Twilio. */
  readonly url: string;
  readonly form: URLSearchParams;
  /** Of the header `X-Twilio-Signature`. */
  readonly signature: string | undefined;
}

/**
 * Whether Twilio signed a call with the token of this account.
 *
 * @see https://www.twilio.com/docs/usage/security#validating-requests
 */
export function isSignedByTwilio({ url, form, signature = '' }: TwilioCall, authToken: string): boolean {
  const given = Buffer.from(signature);
  return spellingsOf(url).some((one) => {
    const expected = Buffer.from(signatureOf(one, form, authToken));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}

/** A name that comes twice counts with each of its values once, as in Twilio's own libraries. */
function signatureOf(url: string, form: URLSearchParams, authToken: string): string {
  const names = [...new Set(form.keys())].sort();
  const fields = names.flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value));
  return createHmac('sha1', authToken)
    .update([url, ...fields].join(''))
    .digest('base64');
}

/** Twilio signs some URLs with the port and some without, also the port that goes without saying. */
function spellingsOf(url: string): string[] {
  const [, scheme = '', host = '', port, rest = ''] =
    /^(https?):\/\/(\[[^\]]*\]|[^/:?#]*)(:\d+)?(.*)$/s.exec(url) ?? [];
  return [undefined, port ?? (scheme === 'https' ? ':443' : ':80')].map(
    (written = '') => `${scheme}://${host}${written}${rest}`,
  );
}
