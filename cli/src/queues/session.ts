import { existsSync } from 'node:fs';
import { brokersIn, messageOf } from '@comanda/kit';
import { connectOnce, Unavailable } from '@comanda/messaging';
import { checkQueues, type QueueStatus } from '@comanda/operations';
import { ConfigurationError, rabbitUrlIn } from '@comanda/service-kit';
import { NOT_POSSIBLE } from '../operator.js';
import { printError } from '../print.js';
import { BrokerTools } from './broker-tools.js';

type Connection = Awaited<ReturnType<typeof connectOnce>>;

/** What the broker at RABBITMQ_URL has of our queues, and who can say more. */
export interface Session {
  readonly statuses: readonly QueueStatus[];
  /** Names of those that are there. */
  readonly present: readonly string[];
  /** How many nodes RABBITMQ_URL names. */
  readonly brokers: number;
  readonly tools: BrokerTools | undefined;
}

/** Resolves with the exit code of what is done: 2 with a line on standard error when the broker can't be asked. */
export async function onQueues(act: (session: Session) => Promise<number>): Promise<number> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  let connection: Connection | undefined;
  try {
    const urls = rabbitUrlIn(process.env);
    const brokers = brokersIn(urls);
    const tools = BrokerTools.of(process.env, brokers[0] ?? '');
    connection = await reached(urls);
    const statuses = await checkQueues(connection);
    const present = statuses.filter(({ kind }) => kind !== 'missing').map(({ queue }) => queue);
    return await act({ statuses, present, brokers: brokers.length, tools });
  } catch (error) {
    const expected = error instanceof Unavailable || error instanceof ConfigurationError;
    printError(expected ? error.message : `Interrupted: ${messageOf(error)}`);
    return NOT_POSSIBLE;
  } finally {
    await connection?.close().catch(() => undefined); // it may be what failed
  }
}

async function reached(urls: string): Promise<Connection> {
  try {
    return await connectOnce(urls, 'queues');
  } catch (error) {
    const hosts = brokersIn(urls).map((url) => new URL(url).host);
    const reason = messageOf(error) || String(error);
    throw new Unavailable(
      'broker',
      `The broker at ${hosts.join(', ')} is not reached (${reason}): set RABBITMQ_URL`,
    );
  }
}
