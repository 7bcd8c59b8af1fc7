import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { createLoggerReceiver } from '../logger/logger.js';
import { createNotifierReceiver } from '../notifier/notifier.js';
import { telegramOf } from '../receiver-settings.js';
import type { ReceiversConfig } from './config.js';
import { createNodeServer, type WebHandler } from './http.js';
import { createSqliteEventStore, type SqliteEventStore } from './sqlite-event-store.js';
import { createSqliteSentLog } from './sqlite-sent-log.js';

export interface RunningReceivers {
  readonly loggerUrl: string;
  readonly notifierUrl: string;
  /** Finishes the requests in progress, then closes the servers and the database. */
  stop(): Promise<void>;
}

const LISTED_EVENTS = 100;
const STOP_GRACE_MS = 3_000;

/** Runs both receivers under `node:http` with a SQLite file as their store. */
export async function startReceivers(
  config: ReceiversConfig,
  onError: (error: unknown) => void,
): Promise<RunningReceivers> {
  mkdirSync(dirname(config.LOGGER_DATABASE), { recursive: true });
  const database = new Database(config.LOGGER_DATABASE);
  database.pragma('journal_mode = WAL');
  const store = createSqliteEventStore(database);
  const logger = createLoggerReceiver({ secret: config.LOGGER_RECEIVER_SECRET, store });
  const notifier = createNotifierReceiver({
    secret: config.NOTIFIER_RECEIVER_SECRET,
    ...telegramOf(config),
    sent: createSqliteSentLog(database),
  });
  const loggerServer = createNodeServer(
    route({ '/events': listing(store), '/health': healthy }, logger),
    onError,
  );
  const notifierServer = createNodeServer(route({ '/health': healthy }, notifier), onError);
  const servers = [loggerServer, notifierServer];
  return {
    loggerUrl: await listen(loggerServer, config.LOGGER_RECEIVER_PORT, config.BIND_HOST),
    notifierUrl: await listen(notifierServer, config.NOTIFIER_RECEIVER_PORT, config.BIND_HOST),
    stop: async () => {
      await Promise.all(servers.map(close));
      database.close();
    },
  };
}

/** A GET of a known path has its own handler; the receiver answers everything else. */
function route(pages: Readonly<Record<string, WebHandler>>, receiver: WebHandler): WebHandler {
  return (request) => {
    const page = request.method === 'GET' ? pages[new URL(request.url).pathname] : undefined;
    return (page ?? receiver)(request);
  };
}

const healthy: WebHandler = async () => Response.json({ status: 'ok' });

/** `GET /events?type=order.created`: the stored events, newest first. */
function listing(store: SqliteEventStore): WebHandler {
  return async (request) => {
    const type = new URL(request.url).searchParams.get('type');
    const items = store.list({ limit: LISTED_EVENTS, ...(type !== null && { type }) });
    return Response.json({ items });
  };
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://${host}:${address.port}`;
}

/** Waits for the requests in progress, but not for a client that never finishes its own. */
async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  const grace = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  server.close();
  server.closeIdleConnections();
  await closed;
  clearTimeout(grace);
}
