import { apiBaseUrl } from '@comanda/service-kit';
import { z } from 'zod';
import type { AttemptResult } from '../../domain/attempt-result.js';
import type { Attempt, Channel, Folding, TargetCheck } from '../channel.js';
import { defineChannel } from '../define-channel.js';
import { EVERYWHERE } from '../http/address-rules.js';
import { SafeHttpClient } from '../http/safe-http-client.js';
import { foldedMessages } from '../messages/folded-messages.js';
import { messageAbout } from '../messages/message-about.js';
import { renderFolded, renderMessage } from './render-message.js';
import { TelegramBot } from './telegram-bot.js';

const CHAT_ID = /^(-?\d{1,20}|@[A-Za-z]\w{3,31})$/;
const NO_CHAT = 'must be the id of a Telegram chat, or @name of a public channel';

const settings = {
  TELEGRAM_BOT_TOKEN: z
    .string()
    .optional()
    .describe(
      'The bot that sends the messages of Telegram subscriptions. Each subscription names its own chat.',
    ),
  /** The token is a part of every URL that is called there. */
  TELEGRAM_API_ROOT: apiBaseUrl('https://api.telegram.org').describe(
    'Another address of the Bot API, for tests.',
  ),
  TELEGRAM_CHAT_ID: z
    .string()
    .regex(CHAT_ID, NO_CHAT)
    .optional()
    .describe(
      'The chat of your staff. The first start with it makes a subscription of the tenant default, which is yours to change; another chat here moves it. The example notifier (edge-functions/) writes there, too.',
    ),
};

const Body = z.object({ data: z.unknown() });
const reported = ({ type, body }: Pick<Attempt, 'type' | 'body'>) => ({
  type,
  data: Body.parse(JSON.parse(body)).data,
});

const MOST_FOLDED = 100;

/** Messages for people in a Telegram chat. The target is the id of the chat. */
class TelegramChannel implements Channel {
  constructor(private readonly bot: TelegramBot) {}

  async checkTarget(target: string): Promise<TargetCheck> {
    if (CHAT_ID.test(target)) return { kind: 'allowed' };
    return {
      kind: 'refused',
      code: 'BAD_TARGET',
      reason: NO_CHAT,
    };
  }

  freeAt(target: string): number {
    return this.bot.freeAt(target);
  }

  send({ target, language, ...event }: Attempt): Promise<AttemptResult> {
    return this.bot.send({ chatId: target, html: renderMessage(messageAbout(reported(event), language)) });
  }

  /** A chat takes one message a second, a group one in three: a burst of orders would be told of for minutes. */
  readonly folding: Folding = {
    most: MOST_FOLDED,
    send: ([first, ...more]) => {
      const { target: chatId, language } = first;
      const events = [first, ...more].map(reported);
      const html = renderFolded((details) => foldedMessages(events, language, details));
      return this.bot.send({ chatId, html });
    },
  };
}

export const telegram = defineChannel(
  { settings, needs: ['TELEGRAM_BOT_TOKEN'] },
  ({ TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT, WEBHOOK_TIMEOUT_MS: timeoutMs }, { clock, network }) =>
    new TelegramChannel(
      new TelegramBot({
        // The operator chose where the Bot API is; subscribers choose nothing but the chat.
        http: new SafeHttpClient({ rules: EVERYWHERE, connectTimeoutMs: timeoutMs, ...network }),
        token,
        apiRoot: TELEGRAM_API_ROOT.replace(/\/$/, ''),
        timeoutMs,
        clock,
      }),
    ),
);
