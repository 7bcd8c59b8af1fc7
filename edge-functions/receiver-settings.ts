import { apiBaseUrl } from '@comanda/service-kit/settings';
import { z } from 'zod';
import type { NotifierDependencies } from './notifier/notifier.js';

/** The secret of the subscription that a receiver verifies with. */
export const receiverSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be a secret that begins with "whsec_"');

/** The notifier's bot, and whom it tells. */
export const telegramSettings = {
  TELEGRAM_API_ROOT: apiBaseUrl('https://api.telegram.org'),
  TELEGRAM_BOT_TOKEN: z.string().optional(),
  TELEGRAM_CHAT_ID: z.string().optional(),
};

/** Without a bot and a chat there is no recipient: the notifier verifies and answers, but sends nothing. */
export function telegramOf(
  config: z.output<z.ZodObject<typeof telegramSettings>>,
): Pick<NotifierDependencies, 'recipients' | 'telegram'> {
  const { TELEGRAM_API_ROOT: apiRoot, TELEGRAM_BOT_TOKEN: token = '', TELEGRAM_CHAT_ID: chatId } = config;
  const hasRecipient = token !== '' && chatId !== undefined;
  return {
    recipients: hasRecipient ? [{ chatId, eventTypes: ['*'], language: 'en' }] : [],
    telegram: { token, apiRoot },
  };
}
