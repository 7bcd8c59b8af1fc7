import { existsSync } from 'node:fs';
import { messageOf } from '@comanda/kit';
import { describeTopologyMismatch } from '@comanda/messaging';
import { checkQueues, connectOnce } from '@comanda/operations';
import { rabbitUrlOf } from '@comanda/service-kit';
import { NOT_POSSIBLE } from '../operator.js';
import { print } from '../print.js';

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
  const RABBITMQ_URL = process.env.RABBITMQ_URL || 'amqp://guest:guest@localhost:5672';
  const RABBITMQ_CA = process.env.RABBITMQ_CA || undefined;
  let connection: Connection | undefined;
  try {
    connection = await connectOnce(rabbitUrlOf({ RABBITMQ_URL, RABBITMQ_CA }), 'queues');
    return await check(connection);
  } catch (error) {
    const reason = messageOf(error) || String(error);
    console.error(
      connection === undefined
        ? `The broker at ${new URL(RABBITMQ_URL).host} is not reached (${reason}): set RABBITMQ_URL`
        : `Interrupted: ${reason}`,
    );
    return NOT_POSSIBLE;
  } finally {
    await connection?.close().catch(() => undefined); // it may be what failed
  }
}
