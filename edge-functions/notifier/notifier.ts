/**
 * The notifier: verifies a webhook from Comanda, picks its recipients, and notifies each on Telegram, once.
 *
 * A web-standard handler, so it runs unchanged wherever `Request`, `Response`, `fetch` and Web Crypto exist. The log of
 * what was sent differs from platform to platform, so the caller passes it in.
 *
 * @see https://core.telegram.org/bots/api#sendmessage
 */
import { matchesAnyPattern } from '@comanda/contracts/event-type-pattern';
import { moneyText } from '@comanda/contracts/money-text';
import { oneLine } from '@comanda/contracts/one-line';
import { isObject, parseObject, problem, requestVerifier, type WebhookEvent } from '../verified-webhook.js';

export interface Recipient {
  readonly chatId: string;
  /** Exact types, families such as `order.*`, or `*`. */
  readonly eventTypes: readonly string[];
  readonly language: 'en' | 'es';
}

/** Remembers which recipient was notified of which event; `key` is unique for the pair. */
export interface SentLog {
  /**
   * Leases the key for `leaseMs`, atomically: `begun` when the caller may send now, `busy` while another one sends,
   * `done` after the message was sent. When the lease has expired, a later attempt takes over.
   */
  begin(key: string, leaseMs: number): Promise<'begun' | 'busy' | 'done'>;
  finish(key: string): Promise<void>;
  /** Gives the key back, so that the next attempt may send. */
  abandon(key: string): Promise<void>;
}

export interface NotifierDependencies {
  /** `whsec_...`, as shown when the subscription was created. */
  readonly secret: string;
  readonly recipients: readonly Recipient[];
  readonly telegram: { readonly token: string; readonly apiRoot?: string };
  readonly sent: SentLog;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

type Notification =
  | { readonly kind: 'sent' | 'duplicate' | 'refused' }
  | { readonly kind: 'later'; readonly seconds: number };

const TELEGRAM_TIMEOUT_MS = 5_000;
const LEASE_MS = 30_000;
const MAX_WAIT_SECONDS = 3_600;

/**
 * 200 `{sent, duplicate, refused}` when no recipient is left; 503 with `Retry-After` when Telegram asks to wait for one
 * of them, so that the sender retries; 400, 401, 405 and 413 as `{title, status}`.
 */
export function createNotifierReceiver(
  dependencies: NotifierDependencies,
): (request: Request) => Promise<Response> {
  const verify = requestVerifier(dependencies.secret, dependencies.now);
  return async (request) => {
    const verification = await verify(request);
    if (verification.kind === 'refused') return verification.response;
    const { event } = verification;
    const recipients = dependencies.recipients.filter(({ eventTypes }) =>
      matchesAnyPattern(eventTypes, event.type),
    );
    const notifications = await Promise.all(
      recipients.map((recipient) => notify(recipient, event, dependencies)),
    );
    const waits = notifications.flatMap((one) => (one.kind === 'later' ? [one.seconds] : []));
    if (waits.length > 0) {
      return problem(503, 'Not everybody could be told yet', { 'retry-after': String(Math.max(...waits)) });
    }
    const count = (kind: Notification['kind']) => notifications.filter((one) => one.kind === kind).length;
    return Response.json({
      sent: count('sent'),
      duplicate: recipients.length > 0 && count('duplicate') === recipients.length,
      refused: count('refused'),
    });
  };
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

function textFor({ type, fields }: WebhookEvent, language: Recipient['language']): string {
  const data = isObject(fields.data) ? fields.data : {};
  const lines = [`<b>${escapeHtml(TITLES[language][type] ?? type)}</b>`];
  const { totalAmount, amount = totalAmount, currency } = data;
  if (typeof amount === 'number' && typeof currency === 'string')
    lines.push(escapeHtml(moneyText(amount, currency, language)));
  for (const field of SHOWN_FIELDS) {
    const value = data[field];
    if (typeof value === 'string' || typeof value === 'number')
      lines.push(`${field}: ${escapeHtml(String(value))}`);
  }
  return lines.join('\n');
}

function escapeHtml(text: string): string {
  const short = Array.from(oneLine(text)).slice(0, MAX_FIELD_LENGTH).join('');
  return short.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

async function notify(
  recipient: Recipient,
  event: WebhookEvent,
  { sent, telegram }: NotifierDependencies,
): Promise<Notification> {
  const key = `${event.id}:${recipient.chatId}`;
  const state = await sent.begin(key, LEASE_MS);
  if (state === 'done') return { kind: 'duplicate' };
  if (state === 'busy') return { kind: 'later', seconds: 1 };
  const notification = await sendMessage(telegram, recipient.chatId, textFor(event, recipient.language));
  if (notification.kind === 'later') await sent.abandon(key);
  else await sent.finish(key);
  return notification;
}

async function sendMessage(
  telegram: NotifierDependencies['telegram'],
  chatId: string,
  text: string,
  hasMoved = false,
): Promise<Notification> {
  const { token, apiRoot = 'https://api.telegram.org' } = telegram;
  try {
    const answer = await fetch(`${apiRoot}/bot${token}/sendMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        chat_id: chatId,
        text,
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
      }),
      signal: AbortSignal.timeout(TELEGRAM_TIMEOUT_MS),
    });
    // The status decides: the message was taken, whatever becomes of the rest of the answer.
    if (answer.ok) {
      await answer.body?.cancel();
      return { kind: 'sent' };
    }
    const said = parseObject(await readOrNothing(answer));
    const parameters = isObject(said?.parameters) ? said.parameters : {};
    // A group that became a supergroup has a new id. The configuration still has the old one: change it there.
    const movedTo = /^-?\d{1,20}$/.exec(String(parameters.migrate_to_chat_id))?.[0];
    if (movedTo !== undefined && !hasMoved) return await sendMessage(telegram, movedTo, text, true);
    // The chat is wrong, or the user blocked the bot: a retry can't help.
    if (answer.status === 400 || answer.status === 403) return { kind: 'refused' };
    const wishes = [parameters.retry_after, answer.headers.get('retry-after')];
    return { kind: 'later', seconds: Math.max(1, ...wishes.map(secondsOf)) };
  } catch (error) {
    if (isNetworkError(error)) return { kind: 'later', seconds: 1 };
    throw error;
  }
}

/** At most an hour; 0 for what says no number of seconds. */
const secondsOf = (wish: unknown): number =>
  /^\d+$/.test(String(wish)) ? Math.min(Number(wish), MAX_WAIT_SECONDS) : 0;

async function readOrNothing(answer: Response): Promise<string> {
  try {
    return await answer.text();
  } catch (error) {
    if (isNetworkError(error)) return '';
    throw error;
  }
}

/** `fetch` throws a TypeError when the network fails, and a TimeoutError when the time limit passes. */
function isNetworkError(error: unknown): boolean {
  const name = isObject(error) ? error.name : undefined;
  return name === 'TypeError' || name === 'TimeoutError';
}
