/**
 * The logger: verifies a webhook from Comanda and stores its event, once.
 *
 * A web-standard handler in one file, without imports, so that it deploys as it is wherever `Request`, `Response`
 * and Web Crypto exist. What differs from place to place, the store, is passed in.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

export interface ReceivedEvent {
  /** The `webhook-id`: the same on every attempt, so it is the key against storing twice. */
  readonly id: string;
  readonly type: string;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly tenantId: string;
  readonly sequence: number;
  readonly data: unknown;
}

export interface EventStore {
  /** Stores the event unless its id is there already; must be atomic (a unique key). */
  insert(event: ReceivedEvent, receivedAt: Date): Promise<'stored' | 'duplicate'>;
}

export interface LoggerDependencies {
  /** `whsec_...`, as it was shown when the subscription was made. */
  readonly secret: string;
  readonly store: EventStore;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const MAX_BODY_BYTES = 256 * 1024;
const TOLERANCE_SECONDS = 300;
/** More signatures than a rotation ever needs are not worth the work of checking. */
const MAX_SIGNATURES = 16;

/** 200 `{stored}` or `{duplicate}`; 400, 401, 405 and 413 as `{title, status}`. */
export function createLoggerReceiver(
  dependencies: LoggerDependencies,
): (request: Request) => Promise<Response> {
  const key = importKey(dependencies.secret);
  const now = dependencies.now ?? Date.now;
  return async (request) => {
    const verified = await verify(request, await key, now());
    if (verified instanceof Response) return verified;
    const event = parseEvent(verified.id, verified.body);
    if (event === undefined) return problem(400, 'The body is not an event');
    const outcome = await dependencies.store.insert(event, new Date(now()));
    // A repeat gets a 2xx as well: the sender must learn that it can stop.
    return Response.json(outcome === 'stored' ? { stored: true } : { duplicate: true });
  };
}

/** Checks what the sender signed. The order matters: nothing is parsed before its signature holds. */
async function verify(
  request: Request,
  key: HmacKey,
  nowMs: number,
): Promise<{ readonly id: string; readonly body: string } | Response> {
  if (request.method !== 'POST') return problem(405, 'Only POST is served here', { allow: 'POST' });
  const id = request.headers.get('webhook-id');
  const timestamp = request.headers.get('webhook-timestamp');
  const signatures = request.headers.get('webhook-signature');
  if (!id || !timestamp || !signatures) return problem(400, 'The webhook headers are missing');
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
    return problem(401, 'The timestamp is too far from now');
  }
  const body = await readLimited(request);
  if (body === undefined) return problem(413, `The body is over ${MAX_BODY_BYTES} bytes`);
  const signed = join([new TextEncoder().encode(`${id}.${timestamp}.`), body]);
  if (!(await anySignatureHolds(key, signatures, signed))) return problem(401, 'No signature holds');
  return { id, body: new TextDecoder().decode(body) };
}

async function anySignatureHolds(
  key: HmacKey,
  header: string,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  for (const candidate of header.split(' ').slice(0, MAX_SIGNATURES)) {
    // Other versions than v1 may stand beside it: they are for others.
    const encoded = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(candidate)?.[1];
    // `subtle.verify` compares in constant time.
    if (encoded && (await crypto.subtle.verify('HMAC', key, fromBase64(encoded), signed))) return true;
  }
  return false;
}

/** Reads no further than the limit, whatever the sender says or leaves out about the length. */
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

function parseEvent(id: string, body: string): ReceivedEvent | undefined {
  const event = parseObject(body);
  if (event?.id !== id) return undefined;
  const { type, timestamp, tenantId, sequence, data } = event;
  if (typeof type !== 'string' || typeof timestamp !== 'string') return undefined;
  if (typeof tenantId !== 'string' || typeof sequence !== 'number') return undefined;
  return { id, type, timestamp, tenantId, sequence, data };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(status: number, title: string, headers: Record<string, string> = {}): Response {
  return Response.json(
    { title, status },
    { status, headers: { ...headers, 'content-type': 'application/problem+json' } },
  );
}
