import { bindHost, port } from '@comanda/service-kit/process';
import { z } from 'zod';
import { receiverSecret, telegramSettings } from '../receiver-settings.js';
import { DEFAULT_LOGGER_PORT, DEFAULT_NOTIFIER_PORT } from './ports.js';

/** The configuration of the two receivers when they run under Node. */
export const ReceiversConfig = z.object({
  BIND_HOST: bindHost,
  LOGGER_RECEIVER_PORT: port(DEFAULT_LOGGER_PORT),
  LOGGER_RECEIVER_SECRET: receiverSecret,
  LOGGER_DATABASE: z.string().default('receivers.db'),
  NOTIFIER_RECEIVER_PORT: port(DEFAULT_NOTIFIER_PORT),
  NOTIFIER_RECEIVER_SECRET: receiverSecret,
  ...telegramSettings,
});
export type ReceiversConfig = z.output<typeof ReceiversConfig>;
