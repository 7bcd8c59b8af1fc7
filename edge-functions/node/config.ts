import { apiBaseUrl, bindHost, port } from '@comanda/service-kit/process';
import { z } from 'zod';
import { DEFAULT_LOGGER_PORT, DEFAULT_NOTIFIER_PORT } from './ports.js';

const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be a secret that begins with "whsec_"');

/** The configuration of the two receivers when they run under Node. */
export const ReceiversConfig = z.object({
  BIND_HOST: bindHost,
  LOGGER_RECEIVER_PORT: port(DEFAULT_LOGGER_PORT),
  LOGGER_RECEIVER_SECRET: secret,
  LOGGER_DATABASE: z.string().default('receivers.db'),
  NOTIFIER_RECEIVER_PORT: port(DEFAULT_NOTIFIER_PORT),
  NOTIFIER_RECEIVER_SECRET: secret,
  TELEGRAM_API_ROOT: apiBaseUrl('https://api.telegram.org'),
  TELEGRAM_BOT_TOKEN: z.string().optional(),
  TELEGRAM_CHAT_ID: z.string().optional(),
});
export type ReceiversConfig = z.output<typeof ReceiversConfig>;
