/** The logger as an edge function: `deno serve`, Deno Deploy. It stores in PostgreSQL (postgres/schema.sql). */
import { readConfig } from '@comanda/service-kit/settings';
import { z } from 'zod';
import { createLoggerReceiver } from '../logger/logger.js';
import { createPostgresEventStore } from '../postgres/postgres-event-store.js';
import { receiverSecret } from '../receiver-settings.js';
import { connect, databaseSettings } from './database.js';

const config = readConfig(
  z.object({ ...databaseSettings, LOGGER_RECEIVER_SECRET: receiverSecret }),
  process.env,
);

export default {
  fetch: createLoggerReceiver({
    secret: config.LOGGER_RECEIVER_SECRET,
    store: createPostgresEventStore(connect(config)),
  }),
};
