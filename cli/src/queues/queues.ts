import { existsSync } from 'node:fs';
import { brokersIn, messageOf } from '@comanda/kit';
import { connectOnce, describeTopologyMismatch, Unavailable } from '@comanda/messaging';
import { checkQueues } from '@comanda/operations';
import { ConfigurationError, rabbitUrlIn } from '@comanda/service-kit';
import { NOT_POSSIBLE } from '../operator.js';
import { print, printError } from '../print.js';

type Connection = Awaited<ReturnType<typeof connectOnce>>;

/** 0 when every queue that is there is as it must be. */
async function check(connection: Connection): Promise<number> {
  const statuses = await checkQueues(connection);
  const mismatches = statuses.flatMap((status) => (status.kind === 'otherwise' ? [status.mismatch] : []));
  const missing = statuses.filter(({ kind }) => kind === 'missing').map(({ queue }) => queue);
  for (const mismatch of mismatches) print(describeTopologyMismatch(mismatch));
  if (missing.length > 0) print(`Not there yet, and declared when a service starts: ${missing.join(', ')}`);
  const right = statuses.length - mismatches.length - missing.length;
  print(`${right} queues are as they must be, ${mismatches.length} are not, ${missing.length} are missing`);
  return mismatches.length === 0 ? 0 : 1;
}

/** Compares the queues on the broker at RABBITMQ_URL with how they must be declared; resolves with the exit code. */
export async function checkAllQueues(): Promise<number> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  let connection: Connection | undefined;
  try {
    connection = await reached(rabbitUrlIn(process.env));
    return await check(connection);
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
