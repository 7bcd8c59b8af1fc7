/**
 * Verifies a webhook from Comanda, for receivers that run at the edge. It imports nothing and needs only `Request`,
 * `Response` and Web Crypto.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

export interface WebhookEvent {
  /** The `webhook-id`, the same on every attempt: receivers deduplicate by it. */
  readonly id: string;
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type Verification =
  | { readonly kind: 'verified'; readonly event: WebhookEvent }
  /** The response says why, as `{title, status}`: 400, 401, 405 or 413. */
  | { readonly kind: 'refused'; readonly response: Response };

type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const MAX_BODY_BYTES = 256 * 1024;
const TOLERANCE_SECONDS = 300;
/** A rotation never needs more signatures; checking more would be wasted work. */
const MAX_SIGNATURES = 16;

/**
 * @param secret `whsec_...`, as it was shown when the subscription was made
 * @param now milliseconds since the epoch
 */
export function webhookVerifier(
  secret: string,
  now: () => number = Date.now,
): (request: Request) => Promise<Verification> {
  const key = importKey(secret);
  return async (request) => verify(request, await key, now());
}

/** The order matters: nothing is parsed before its signature was verified. */
async function verify(request: Request, key: HmacKey, nowMs: number): Promise<Verification> {
  if (request.method !== 'POST') return refused(405, 'Only POST is served here', { allow: 'POST' });
  const id = request.headers.get('webhook-id');
  const timestamp = request.headers.get('webhook-timestamp');
  const signatures = request.headers.get('webhook-signature');
  if (!id || !timestamp || !signatures) return refused(400, 'The webhook headers are missing');
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
    return refused(401, 'The timestamp is too far from now');
  }
  const body = await readLimited(request);
  if (body === undefined) return refused(413, `The body is over ${MAX_BODY_BYTES} bytes`);
  const signed = join([new TextEncoder().encode(`${id}.${timestamp}.`), body]);
  if (!(await anySignatureHolds(key, signatures, signed))) return refused(401, 'No signature holds');
  const fields = parseObject(new TextDecoder().decode(body));
  if (fields?.id !== id || typeof fields.type !== 'string') return refused(400, 'The body is not an event');
  return { kind: 'verified', event: { id, type: fields.type, fields } };
}

async function anySignatureHolds(
  key: HmacKey,
  header: string,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  for (const candidate of header.split(' ').slice(0, MAX_SIGNATURES)) {
    // The header may carry versions other than v1 for other receivers.
    const encoded = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(candidate)?.[1];
    // `subtle.verify` compares in constant time.
    if (encoded && (await crypto.subtle.verify('HMAC', key, fromBase64(encoded), signed))) return true;
  }
  return false;
}

/** Reads no further than the limit, whatever length the sender claims. */
async function readLimited(request: Request): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return join(chunks);
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

function importKey(secret: string): Promise<HmacKey> {
  const bytes = fromBase64(secret.replace(/^whsec_/, ''));
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Parses a JSON object; `undefined` for any other text. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A problem document (RFC 9457). */
export function problem(status: number, title: string, headers: Record<string, string> = {}): Response {
  return Response.json(
    { title, status },
    { status, headers: { ...headers, 'content-type': 'application/problem+json' } },
  );
}

const refused = (...parts: Parameters<typeof problem>): Verification => ({
  kind: 'refused',
  response: problem(...parts),
});
