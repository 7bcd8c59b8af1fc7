import { existsSync } from 'node:fs';
import {
  CannotMigrate,
  checkQueues,
  connectOnce,
  describeTopologyMismatch,
  migrateQueue,
} from '@comanda/messaging';
import { print } from './terminal.js';

/** `npm run queues`: compares the queues on the broker at RABBITMQ_URL with how they must be declared, and mends them. */
const USAGE = `Usage: npm run queues -- check
       npm run queues -- migrate QUEUE    (orders_queue, products_queue, payments_queue or webhooks_queue)`;

type Connection = Awaited<ReturnType<typeof connectOnce>>;

/** 0 when every queue that is there is as it must be. */
async function check(connection: Connection): Promise<number> {
  const { standings, unfinished } = await checkQueues(connection);
  const otherwise = standings.flatMap((queueStatus) =>
    queueStatus.kind === 'otherwise' ? [queueStatus.mismatch] : [],
  );
  const missing = standings.filter(({ kind }) => kind === 'missing').map(({ queue }) => queue);
  for (const mismatch of otherwise) print(describeTopologyMismatch(mismatch));
  for (const queue of unfinished)
    print(`A migration of ${queue} was interrupted; to end it: npm run queues -- migrate ${queue}`);
  if (missing.length > 0) print(`Not there yet, and declared when a service starts: ${missing.join(', ')}`);
  const right = standings.length - otherwise.length - missing.length;
  print(`${right} queues are as they must be, ${otherwise.length} are not, ${missing.length} are missing`);
  return otherwise.length + unfinished.length === 0 ? 0 : 1;
}

async function migrate(connection: Connection, queue: string): Promise<number> {
  try {
    await migrateQueue({ connection, queue, say: (line) => print(line) });
    print(`${queue} and what belongs to it are as they must be`);
    return 0;
  } catch (error) {
    if (!(error instanceof CannotMigrate)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function main([command, queue, ...rest]: readonly string[]): Promise<number> {
  const known =
    (command === 'check' && queue === undefined) || (command === 'migrate' && queue !== undefined);
  if (!known || rest.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const url = process.env.RABBITMQ_URL || 'amqp://guest:guest@localhost:5672';
  let connection: Connection | undefined;
  try {
    connection = await connectOnce(url, 'queues');
    return queue === undefined ? await check(connection) : await migrate(connection, queue);
  } catch (error) {
    const told = error instanceof Error ? error.message || String(error) : String(error);
    const at = new URL(url).host;
    console.error(
      connection === undefined
        ? `The broker at ${at} is not reached (${told}): set RABBITMQ_URL`
        : `Interrupted: ${told}. No message is lost; run the same command again`,
    );
    return 2;
  } finally {
    await connection?.close().catch(() => undefined); // it may be what failed
  }
}

if (existsSync('.env')) process.loadEnvFile('.env');
process.exitCode = await main(process.argv.slice(2));
