import { setTimeout as delay } from 'node:timers/promises';
import { Messaging } from '@comanda/messaging';
import { createLogger } from '@comanda/service-kit';
import { openDatabase } from '@comanda/storage';
import Database from 'better-sqlite3';

const LOOK_EVERY_MS = 20;

/** The messaging of a service that nobody sends anything: all it does is relay. Its start-up is in the figure. */
export async function withComanda({ rabbitUrl, file, service }) {
  const database = await openDatabase(`sqlite:${file}`, []);
  const look = new Database(file, { readonly: true });
  const first = look.prepare('SELECT 1 FROM outbox LIMIT 1').pluck();

  return async () => {
    new Messaging({
      service,
      rabbitUrl,
      database,
      redis: undefined,
      handlers: [],
      queries: [],
      work: [],
      logger: createLogger(service, 'warn'),
    });
    while (first.get() !== undefined) await delay(LOOK_EVERY_MS);
  };
}
