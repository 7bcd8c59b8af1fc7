import { type ServiceName, typesFor } from '@comanda/contracts';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import {
  deadLettersOf,
  declare,
  declareExchange,
  declareQueue,
  declareRetryQueues,
  EXCHANGE,
  ownerOf,
  queues,
  RETRY_SECONDS,
} from '../broker/topology.js';
import { describeTopologyMismatch, topologyMismatchOf } from '../broker/topology-mismatch.js';
import { emptyWithLadder } from './empty-with-ladder.js';
import { move } from './move.js';
import { familyOf, lookAt, refugeDeclaration, refugeOf, standingOf } from './queue-status.js';

/** Something stands in the way; the message says what to do about it. */
export class CannotMigrate extends Error {
  override readonly name = 'CannotMigrate';
}

export interface MigrationOptions {
  readonly connection: ChannelModel;
  readonly queue: string;
  readonly retrySeconds?: readonly number[];
  readonly say: (line: string) => void;
}

interface Migration {
  readonly connection: ChannelModel;
  readonly channel: ConfirmChannel;
  readonly service: ServiceName;
  readonly queue: string;
  readonly say: (line: string) => void;
}

/**
 * Declares a service's queue, its dead letters or its ladder anew where they are declared otherwise, and keeps their
 * messages. No message is ever in no queue, and no event passes the service by:
 *
 * 1. a refuge is declared and bound to all that the queue was bound to, and only then the queue unbound: what is told
 *    from now on comes there;
 * 2. what is in the ladder and in the queue is moved there, each message acked only after it is confirmed there;
 * 3. what is declared otherwise is deleted, declared and bound anew;
 * 4. the refuge is unbound, what is in it moved back, and it is deleted.
 *
 * Whatever interrupts it, run again it goes on from there. A message may be in the queue twice then; the inbox knows
 * it. What waited to be tried again is tried at once. Throws `CannotMigrate`.
 */
export async function migrateQueue(options: MigrationOptions): Promise<void> {
  try {
    await migrateFamily(options);
  } catch (error) {
    // The exchange, or a queue that a service of the former version declared in between.
    const mismatch = topologyMismatchOf(error);
    throw mismatch ? new CannotMigrate(describeTopologyMismatch(mismatch)) : error;
  }
}

async function migrateFamily(options: MigrationOptions): Promise<void> {
  const { connection, queue, say, retrySeconds = RETRY_SECONDS } = options;
  const service = serviceOf(queue);
  const letters = deadLettersOf(queue);
  const otherwise: string[] = [];
  const ladder: string[] = [];
  for (const declaration of familyOf(queue, retrySeconds)) {
    const { kind } = await standingOf(connection, declaration);
    if (kind === 'otherwise') otherwise.push(declaration.queue);
    if (kind !== 'missing' && ![letters, queue].includes(declaration.queue)) ladder.push(declaration.queue);
  }
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined); // the call that meets it fails with it
  const migration: Migration = { connection, channel, service, queue, say };
  await declareExchange(channel);
  if (otherwise.includes(letters)) await shelterLetters(migration);
  const lost = otherwise.filter((one) => one !== letters);
  if (lost.length > 0) await shelterMessages(migration, ladder, lost);
  await declareQueue(channel, queue, typesFor(service));
  await declareRetryQueues(channel, queue, retrySeconds);
  await bringBack(migration, letters);
  await bringBack(migration, queue);
  await channel.close();
}

function serviceOf(queue: string): ServiceName {
  const owner = ownerOf(queue);
  if (owner?.queue === queue) return owner.service;
  const known = queues().map((one) => one.queue);
  throw new CannotMigrate(`${queue} is no service's queue; these are: ${known.join(', ')}`);
}

async function assertNobodyListens({ connection, queue, service }: Migration): Promise<void> {
  const seen = await lookAt(connection, queue);
  if (!seen || seen.consumerCount === 0) return;
  throw new CannotMigrate(
    `${queue} has consumers (${seen.consumerCount}): stop all instances of ${service}, then run this again`,
  );
}

async function shelterLetters(migration: Migration): Promise<void> {
  const { channel, queue, say } = migration;
  await assertNobodyListens(migration);
  const letters = deadLettersOf(queue);
  await declare(channel, refugeDeclaration(letters));
  const count = await move(channel, letters, refugeOf(letters));
  say(`${letters}: ${count} dead letters moved to ${refugeOf(letters)}`);
  await channel.deleteQueue(letters);
}

async function shelterMessages(
  migration: Migration,
  ladder: readonly string[],
  otherwise: readonly string[],
): Promise<void> {
  const { connection, channel, service, queue, say } = migration;
  const refuge = refugeOf(queue);
  await assertNobodyListens(migration);
  await declare(channel, refugeDeclaration(queue));
  for (const type of typesFor(service)) await channel.bindQueue(refuge, EXCHANGE, type);
  // An interrupted run deleted it; what comes out of the ladder must find it.
  if (!(await lookAt(connection, queue))) await declareQueue(channel, queue, typesFor(service));
  for (const type of typesFor(service)) await channel.unbindQueue(queue, EXCHANGE, type);
  const count = await emptyWithLadder({ channel, queue, ladder, refuge });
  say(`${queue}: ${count} messages moved to ${refuge}`);
  await assertNobodyListens(migration);
  // The ladder first: it leads into the queue.
  for (const one of [
    ...otherwise.filter((name) => name !== queue),
    ...otherwise.filter((name) => name === queue),
  ])
    await channel.deleteQueue(one);
}

async function bringBack({ connection, channel, service, say }: Migration, queue: string): Promise<void> {
  const refuge = refugeOf(queue);
  if (!(await lookAt(connection, refuge))) return;
  // The queue is bound again already: what comes in between is in both.
  for (const type of typesFor(service)) await channel.unbindQueue(refuge, EXCHANGE, type);
  const count = await move(channel, refuge, queue);
  await channel.deleteQueue(refuge);
  say(`${queue}: declared anew, ${count} messages moved back`);
}
