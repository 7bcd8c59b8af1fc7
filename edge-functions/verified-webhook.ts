/**
 * Verifies a webhook from Comanda, for receivers that run at the edge: it needs only `Request`, `Response` and Web
 * Crypto.
 */
import { WebhookRefused, webhookVerifier } from '@comanda/client/webhooks';

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

type Verify = ReturnType<typeof webhookVerifier>;

const MAX_BODY_BYTES = 256 * 1024;

/**
 * @param secret `whsec_...`, as it was shown when the subscription was made
 * @param now milliseconds since the epoch
 */
export function requestVerifier(
  secret: string,
  now: () => number = Date.now,
): (request: Request) => Promise<Verification> {
  const verifySignature = webhookVerifier(secret, now);
  return (request) => verify(request, verifySignature);
}

async function verify(request: Request, verifySignature: Verify): Promise<Verification> {
  if (request.method !== 'POST') return refused(405, 'Only POST is served here', { allow: 'POST' });
  const body = await readLimited(request);
  if (body === undefined) return refused(413, `The body is over ${MAX_BODY_BYTES} bytes`);
  try {
    const { id, type, ...fields } = await verifySignature(request.headers, body);
    return { kind: 'verified', event: { id, type, fields } };
  } catch (error) {
    if (!(error instanceof WebhookRefused)) throw error;
    return refused(error.reason === 'forged' ? 401 : 400, error.message);
  }
}

/** Reads no further than the limit, whatever length the sender claims. */
async function readLimited(request: Request): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return undefined;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
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
