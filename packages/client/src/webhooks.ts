/**
 * Verifies webhooks (Standard Webhooks). It imports nothing and needs only Web Crypto, so it runs at the edge as well.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

/** The body of a webhook. docs/events.md says what is in `data`, for each type. */
export interface WebhookEvent {
  /** The same on every attempt, as `webhook-id` is: receivers deduplicate by it. */
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly tenantId: string;
  /** What the event is about, and whose events `sequence` counts; bodies of earlier builds do not say it. */
  readonly subject?: string;
  readonly subjectType?: string;
  readonly sequence: number;
  readonly apiVersion: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** `forged` may be answered 401, `malformed` 400. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';

  constructor(
    readonly reason: 'forged' | 'malformed',
    message: string,
  ) {
    super(message);
  }
}

/** Those of a `Request`, or those of Node's `IncomingMessage`. */
type WebhookHeaders = Pick<Headers, 'get'> | Readonly<Record<string, string | readonly string[] | undefined>>;

type Bytes = Uint8Array<ArrayBuffer>;

const TOLERANCE_SECONDS = 300;
/** A rotation never needs more signatures; checking more would be wasted work. */
const MAX_SIGNATURES = 16;

/** How webhooks are signed, and what its signatures look like in the header. */
interface Scheme {
  readonly algorithm: { readonly name: string; readonly hash?: string };
  readonly signature: RegExp;
}
const SCHEMES: Readonly<Record<string, Scheme>> = {
  whsec_: { algorithm: { name: 'HMAC', hash: 'SHA-256' }, signature: /^v1,([A-Za-z0-9+/]{43}=)$/ },
  whpk_: { algorithm: { name: 'Ed25519' }, signature: /^v1a,([A-Za-z0-9+/]{86}==)$/ },
};
const SHARED_SECRET = 'whsec_';

/**
 * @param secret `whsec_...`, as it was shown when the subscription was made; or the `publicKey` (`whpk_...`) of one that is
 *   signed with a private key
 * @param now milliseconds since the epoch
 * @returns takes the headers of a webhook and its body, byte by byte as it came; throws `WebhookRefused`
 */
export function webhookVerifier(
  secret: string,
  now: () => number = Date.now,
): (headers: WebhookHeaders, body: string | Uint8Array) => Promise<WebhookEvent> {
  const [, prefix = SHARED_SECRET, encoded = ''] = /^(wh[a-z]+_)?(.*)$/.exec(secret) ?? [];
  const scheme = SCHEMES[prefix];
  if (!scheme) throw new Error(`what begins with ${prefix} verifies no webhooks`);
  const keyBytes = fromBase64(encoded);
  return async (headers, body) => {
    const id = headerOf(headers, 'webhook-id');
    const timestamp = headerOf(headers, 'webhook-timestamp');
    const signatures = headerOf(headers, 'webhook-signature');
    if (!id || !timestamp || !signatures)
      throw new WebhookRefused('malformed', 'The webhook headers are missing');
    if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS)
      throw new WebhookRefused('forged', 'The timestamp is too far from now');
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body);
    const signed = await new Blob([`${id}.${timestamp}.`, bytes]).arrayBuffer();
    if (!(await anySignatureHolds(scheme, keyBytes, signatures, signed)))
      throw new WebhookRefused('forged', 'No signature holds');
    const event = eventIn(new TextDecoder().decode(bytes));
    if (event?.id !== id) throw new WebhookRefused('malformed', 'The body is not an event');
    return event;
  };
}

const headerOf = (headers: WebhookHeaders, name: string): string | undefined => {
  const value = isHeaders(headers) ? headers.get(name) : headers[name];
  return typeof value === 'string' ? value : undefined;
};

const isHeaders = (headers: WebhookHeaders): headers is Pick<Headers, 'get'> =>
  typeof headers.get === 'function';

async function anySignatureHolds(
  { algorithm, signature }: Scheme,
  keyBytes: Bytes,
  header: string,
  signed: ArrayBuffer,
): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', keyBytes, algorithm, false, ['verify']);
  for (const candidate of header.split(' ').slice(0, MAX_SIGNATURES)) {
    // The header may carry signatures of another version, which this key can't verify.
    const encoded = signature.exec(candidate)?.[1];
    // `subtle.verify` compares in constant time.
    if (encoded && (await crypto.subtle.verify(algorithm.name, key, fromBase64(encoded), signed)))
      return true;
  }
  return false;
}

/** Whatever bears the signature was written by Comanda; what it may hold besides is not looked at. */
function eventIn(text: string): WebhookEvent | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isEvent = (value: unknown): value is WebhookEvent =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
