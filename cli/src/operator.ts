import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newId, plainJson } from '@comanda/contracts';
import { TimedOut, withTimeout } from '@comanda/kit';
import { Broker, type RequestContext, Requester, Unavailable } from '@comanda/messaging';
import { ConfigurationError } from '@comanda/service-kit';
import { printError } from './print.js';
import { findRunningBroker } from './running-broker.js';

const READY_MS = 15_000;
export const NOT_POSSIBLE = 2;
/** The repository. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** Results go to standard output; log lines go to standard error, in the services' format. */
export const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields: object, msg: string) =>
    console.error(plainJson(JSON.stringify({ level: 'warn', ...fields, msg }))),
  error: (fields: object, msg: string) =>
    console.error(plainJson(JSON.stringify({ level: 'error', ...fields, msg }))),
};

/** Who runs a command, for the audit trail. */
export const operator = (): string => `command line, ${process.env.USER ?? `uid ${process.getuid?.()}`}`;

/** Waits for a channel with all that is declared on it; throws `Unavailable` when that takes too long. */
export async function connected(ready: Promise<void>): Promise<void> {
  try {
    await withTimeout(ready, READY_MS, 'the declaration of the queues');
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error;
    throw new Unavailable(
      'broker',
      `RabbitMQ answers, but its queues could not be declared within ${READY_MS / 1000} s.`,
    );
  }
}

/** The broker of the configured or the running platform, with what it needs of `.env`. */
export async function onBroker(name: string, act: (broker: Broker) => Promise<number>): Promise<number> {
  const settings = join(ROOT, '.env');
  if (existsSync(settings)) process.loadEnvFile(settings);
  let broker: Broker | undefined;
  try {
    broker = new Broker(await findRunningBroker(join(ROOT, '.comanda'), process.env), name, logger);
    return await act(broker);
  } catch (error) {
    if (!(error instanceof Unavailable || error instanceof ConfigurationError)) throw error;
    printError(error.message);
    return NOT_POSSIBLE;
  } finally {
    await broker?.close();
  }
}

/** Asks the services, as the gateway does. */
export const asking = (name: string, act: (requester: Requester) => Promise<number>) =>
  onBroker(name, async (broker) => {
    const requester = new Requester('api-gateway', broker);
    await connected(requester.ready());
    return await act(requester);
  });

/** All requests of one run share a correlation id. */
export const contextOf = (name: string): ((tenantId: string) => RequestContext) => {
  const correlationId = `${name}-${newId()}`;
  return (tenantId) => ({ tenantId, correlationId });
};
