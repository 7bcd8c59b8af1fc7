/** The notifier as an edge function: `deno serve`, Deno Deploy. Its log of what was sent is in PostgreSQL. */
import { readConfig } from '@comanda/service-kit/settings';
import { z } from 'zod';
import { createNotifierReceiver } from '../notifier/notifier.js';
import { createPostgresSentLog } from '../postgres/postgres-sent-log.js';
import { receiverSecret, telegramOf, telegramSettings } from '../receiver-settings.js';
import { connect, databaseSettings } from './database.js';

const config = readConfig(
  z.object({ ...databaseSettings, ...telegramSettings, NOTIFIER_RECEIVER_SECRET: receiverSecret }),
  process.env,
);

export default {
  fetch: createNotifierReceiver({
    secret: config.NOTIFIER_RECEIVER_SECRET,
    ...telegramOf(config),
    sent: createPostgresSentLog(connect(config)),
  }),
};
