import type { Logger } from '@comanda/kit';
import { defineWork, type Job } from '@comanda/messaging';
import type { Channel } from '../channels/channel.js';
import {
  helpMessage,
  muteMessage,
  noAnswer,
  orderMessage,
  stockMessage,
  unregisteredMessage,
} from '../channels/messages/command-messages.js';
import type { Message } from '../channels/messages/message.js';
import type { AttemptResult } from '../domain/attempt-result.js';
import { stockShown } from '../domain/stock-shown.js';
import { ANSWER, AnswerPayload, scheduleAnswer } from '../effects/schedule-answer.js';
import { subscriptions } from '../storage/tables.js';
import type { Shop } from './shop.js';

/** An answer that comes later than this helps nobody. */
const LATEST_MS = 60 * 60 * 1000;
const MOST_FAILURES = 3;
const PAUSE_MS = 5_000;
/** How many steps of an order are told, the last ones. */
const MOST_STEPS = 8;

export interface AnswerOptions {
  readonly shop: Pick<Shop, 'order' | 'stock'>;
  readonly chats: Pick<Channel, 'say' | 'freeAt'>;
  readonly leaseSeconds: number;
  readonly clock: () => Date;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Answers a command in the chat where it was given, at the pace of the chat. */
export const answerCommand = (options: AnswerOptions) => {
  const { chats, leaseSeconds, clock, logger } = options;
  return defineWork({
    kind: ANSWER,
    payload: AnswerPayload,
    leaseSeconds,
    concurrency: 16,
    pace: {
      places: () => 1,
      pausedUntil: (chatId) => {
        const freeAt = chats.freeAt?.(chatId) ?? 0;
        return freeAt > clock().getTime() ? freeAt : undefined;
      },
    },
    run: (job) => answer(job, options),
    tenantOf: ({ tenantId, payload }) => payload.asker?.tenantId ?? tenantId,
    needs: ({ payload: { asker, command, settled } }) => ({
      subscriptions:
        asker && !settled && (command.kind === 'mute' || command.kind === 'unmute')
          ? asker.subscriptionIds.map((id) => subscriptions.lock(asker.tenantId, id))
          : [],
    }),
    decide({ id, payload, cause }, result, rows, { now }) {
      const mutedUntil = muteOf(payload);
      const changed =
        mutedUntil === undefined
          ? []
          : rows.subscriptions.flatMap((row) => (row ? [subscriptions.put({ ...row, mutedUntil })] : []));
      const pauseMs = pauseAfter(result, Date.parse(now));
      if (pauseMs === undefined) return changed;
      const held = result.kind === 'not-attempted' || (result.kind === 'response' && result.status === 429);
      const failures = payload.failures + (held ? 0 : 1);
      const at = Date.parse(now) + pauseMs;
      if (failures < MOST_FAILURES && at < Date.parse(payload.at) + LATEST_MS)
        return [
          ...changed,
          scheduleAnswer(id, new Date(at).toISOString(), { ...payload, failures, settled: true }),
        ];
      logger.warn(
        { chatId: payload.chatId, command: payload.command.kind, correlationId: cause.correlationid },
        'a command in Telegram got no answer: it could not be sent',
      );
      return changed;
    },
  });
};

async function answer(
  { payload }: Job<AnswerPayload>,
  { shop, chats }: AnswerOptions,
): Promise<AttemptResult> {
  if (!chats.say) throw new Error('the channel can say nothing of its own');
  return chats.say(payload.chatId, await messageFor(payload, shop));
}

async function messageFor(payload: AnswerPayload, shop: AnswerOptions['shop']): Promise<Message> {
  const { chatId, asker } = payload;
  if (!asker) return unregisteredMessage(chatId);
  const { tenantId, language, named } = asker;
  const message = await answerTo(payload, shop, tenantId, language);
  return named ? { ...message, title: `${message.title} · ${tenantId}` } : message;
}

/** Until when the chat is muted by this command, `null` for not any more; the same however often it is carried out. */
function muteOf({ command, at }: AnswerPayload): string | null | undefined {
  if (command.kind === 'unmute') return null;
  if (command.kind !== 'mute' || command.minutes === undefined) return undefined;
  return new Date(Date.parse(at) + command.minutes * 60_000).toISOString();
}

async function answerTo(
  payload: AnswerPayload,
  shop: AnswerOptions['shop'],
  tenantId: string,
  language: 'en' | 'es',
): Promise<Message> {
  const { command } = payload;
  switch (command.kind) {
    case 'mute':
    case 'unmute':
      return muteMessage(muteOf(payload), language);
    case 'help':
      return helpMessage(language);
    case 'order': {
      if (command.id === '') return noAnswer('order', 'noOrder', language);
      const found = await shop.order(tenantId, command.id);
      if (found.kind !== 'order') return noAnswer('order', found.kind, language);
      return orderMessage(found.order, found.steps.slice(-MOST_STEPS), language);
    }
    case 'stock': {
      const found = await shop.stock(tenantId);
      if (found.kind !== 'stock') return noAnswer('stock', found.kind, language);
      const { shown, more } = stockShown(found.entries, command.word);
      return stockMessage(shown, more, language);
    }
  }
}

/** How long to wait before it is tried again, in milliseconds; not at all when it arrived, or never will. */
function pauseAfter(result: AttemptResult, now: number): number | undefined {
  switch (result.kind) {
    case 'not-attempted':
      return result.retryAfterMs;
    case 'response':
      if (result.status < 300) return undefined;
      return Math.max(PAUSE_MS, (result.retryAt ?? 0) - now);
    case 'failure':
      return PAUSE_MS;
    case 'refused':
    case 'moved':
      return undefined;
  }
}
