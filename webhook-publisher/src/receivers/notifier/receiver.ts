/**
 * The notifier: verifies a webhook from Comanda, picks who is to know, and tells them on Telegram, once each.
 *
 * A web-standard handler in one file, without imports, so that it deploys as it is wherever `Request`, `Response`,
 * `fetch` and Web Crypto exist. What differs from place to place, the memory of what was sent, is passed in.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @see https://core.telegram.org/bots/api#sendmessage
 */

export interface Recipient {
  readonly chatId: string;
  /** Exact types, families such as `order.*`, or `*`. */
  readonly eventTypes: readonly string[];
  readonly language: 'en' | 'es';
}

/** Remembers which recipient was told of which event; `key` is unique for the pair. */
export interface SentLog {
  /**
   * Takes the key for `leaseMs`, atomically: `begun` for the one who may send now, `busy` while another sends,
   * `done` after it was sent. The lease lets a later attempt take over from one that died.
   */
  begin(key: string, leaseMs: number): Promise<'begun' | 'busy' | 'done'>;
  finish(key: string): Promise<void>;
  /** Gives the key back, so that the next attempt may send. */
  abandon(key: string): Promise<void>;
}

export interface NotifierDependencies {
  /** `whsec_...`, as it was shown when the subscription was made. */
  readonly secret: string;
  readonly recipients: readonly Recipient[];
  readonly telegram: { readonly token: string; readonly apiRoot?: string };
  readonly sent: SentLog;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

type Told =
  | { readonly kind: 'sent' | 'already' | 'refused' }
  | { readonly kind: 'later'; readonly seconds: number };

type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const MAX_BODY_BYTES = 256 * 1024;
const TOLERANCE_SECONDS = 300;
const MAX_SIGNATURES = 16;
const TELEGRAM_TIMEOUT_MS = 5_000;
const LEASE_MS = 30_000;

/**
 * 200 `{sent, duplicate, refused}` when nobody is left to be told; 503 with `Retry-After` when Telegram wants
 * somebody told later, so the sender comes again; 400, 401, 405 and 413 as `{title, status}`.
 */
export function createNotifierReceiver(
  dependencies: NotifierDependencies,
): (request: Request) => Promise<Response> {
  const key = importKey(dependencies.secret);
  const now = dependencies.now ?? Date.now;
  return async (request) => {
    const verified = await verify(request, await key, now());
    if (verified instanceof Response) return verified;
    const event = parseEvent(verified.id, verified.body);
    if (event === undefined) return problem(400, 'The body is not an event');
    const chosen = dependencies.recipients.filter((one) => wants(one, event.type));
    const told = await Promise.all(chosen.map((recipient) => tell(recipient, event, dependencies)));
    const waits = told.flatMap((one) => (one.kind === 'later' ? [one.seconds] : []));
    if (waits.length > 0) {
      return problem(503, 'Not everybody could be told yet', { 'retry-after': String(Math.max(...waits)) });
    }
    const count = (kind: Told['kind']) => told.filter((one) => one.kind === kind).length;
    return Response.json({
      sent: count('sent'),
      duplicate: chosen.length > 0 && count('already') === chosen.length,
      refused: count('refused'),
    });
  };
}

// ---- whom to tell, and what ----

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

const TITLES: Record<Recipient['language'], Record<string, string>> = {
  en: {
    'order.created': '🧾 New order',
    'order.confirmed': '✅ Order confirmed',
    'order.rejected': '❌ Order rejected',
    'order.cancelled': '🚫 Order cancelled',
    'product.stockLow': '⚠️ Stock is low',
    'webhook.test': '🔔 Test message',
  },
  es: {
    'order.created': '🧾 Pedido nuevo',
    'order.confirmed': '✅ Pedido confirmado',
    'order.rejected': '❌ Pedido rechazado',
    'order.cancelled': '🚫 Pedido cancelado',
    'product.stockLow': '⚠️ Quedan pocas existencias',
    'webhook.test': '🔔 Mensaje de prueba',
  },
};
const SHOWN_FIELDS = ['orderId', 'productId', 'available', 'reason'];
const MAX_FIELD_LENGTH = 200;

function wants(recipient: Recipient, type: string): boolean {
  return recipient.eventTypes.some(
    (wanted) =>
      wanted === '*' || wanted === type || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1))),
  );
}

function textFor(event: Event, language: Recipient['language']): string {
  const lines = [`<b>${escapeHtml(TITLES[language][event.type] ?? event.type)}</b>`];
  const { totalAmount, currency } = event.data;
  if (typeof totalAmount === 'number' && typeof currency === 'string' && /^[A-Z]{3}$/.test(currency)) {
    const format = new Intl.NumberFormat(language, { style: 'currency', currency });
    const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
    lines.push(escapeHtml(format.format(totalAmount / 10 ** decimals)));
  }
  for (const field of SHOWN_FIELDS) {
    const value = event.data[field];
    if (typeof value === 'string' || typeof value === 'number')
      lines.push(`${field}: ${escapeHtml(String(value))}`);
  }
  return lines.join('\n');
}

function escapeHtml(text: string): string {
  const short = Array.from(text.toWellFormed()).slice(0, MAX_FIELD_LENGTH).join('');
  return short.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

async function tell(
  recipient: Recipient,
  event: Event,
  { sent, telegram }: NotifierDependencies,
): Promise<Told> {
  const key = `${event.id}:${recipient.chatId}`;
  const state = await sent.begin(key, LEASE_MS);
  if (state === 'done') return { kind: 'already' };
  if (state === 'busy') return { kind: 'later', seconds: 1 };
  const told = await sendMessage(telegram, recipient.chatId, textFor(event, recipient.language));
  if (told.kind === 'later') await sent.abandon(key);
  else await sent.finish(key);
  return told;
}

async function sendMessage(
  { token, apiRoot = 'https://api.telegram.org' }: NotifierDependencies['telegram'],
  chatId: string,
  text: string,
): Promise<Told> {
  try {
    const answer = await fetch(`${apiRoot}/bot${token}/sendMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ chat_id: chatId, text, parse_mode: 'HTML' }),
      signal: AbortSignal.timeout(TELEGRAM_TIMEOUT_MS),
    });
    const detail = parseObject(await answer.text());
    if (answer.ok) return { kind: 'sent' };
    // A bad chat or a blocked bot: asking again will not help.
    if (answer.status === 400 || answer.status === 403) return { kind: 'refused' };
    const parameters = isObject(detail?.parameters) ? detail.parameters : {};
    const seconds = parameters.retry_after;
    return { kind: 'later', seconds: typeof seconds === 'number' ? seconds : 1 };
  } catch (error) {
    // A `fetch` that the network failed ends with a TypeError, one whose time was up with a TimeoutError.
    const name = isObject(error) ? error.name : undefined;
    if (name === 'TypeError' || name === 'TimeoutError') return { kind: 'later', seconds: 1 };
    throw error;
  }
}

// ---- the same verification as in the logger: each receiver is one file ----

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

function parseEvent(id: string, body: string): Event | undefined {
  const event = parseObject(body);
  if (event?.id !== id || typeof event.type !== 'string') return undefined;
  return { id, type: event.type, data: isObject(event.data) ? event.data : {} };
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
