import type { ChannelModel } from 'amqplib';
import {
  type Declaration,
  deadLettersDeclaration,
  declare,
  queueDeclaration,
  queues,
  RETRY_SECONDS,
  retryQueueDeclarations,
} from '../broker/topology.js';
import { type TopologyMismatch, topologyMismatchOf } from '../broker/topology-mismatch.js';

/** How a queue that we declare stands on the broker. */
export type QueueStatus = { readonly queue: string } & (
  | { readonly kind: 'right' | 'missing' }
  | { readonly kind: 'otherwise'; readonly mismatch: TopologyMismatch }
);

/** All that belongs to a service's queue: its dead letters, itself, and its ladder. */
export const familyOf = (queue: string, retrySeconds: readonly number[] = RETRY_SECONDS): Declaration[] => [
  deadLettersDeclaration(queue),
  queueDeclaration(queue),
  ...retryQueueDeclarations(queue, retrySeconds),
];

/** Where messages are while their queue is deleted and declared anew. */
export const refugeOf = (queue: string): string => `${queue}.migrating`;

/** Like dead letters, they stay however often somebody takes one and dies. */
export const refugeDeclaration = (queue: string): Declaration => ({
  queue: refugeOf(queue),
  options: deadLettersDeclaration(queue).options,
});

/** How many messages are ready in a queue and how many consumers it has; `undefined`: there is no such queue. */
export async function lookAt(
  connection: ChannelModel,
  queue: string,
): Promise<{ messageCount: number; consumerCount: number } | undefined> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined); // a queue that is not there ends the channel; the call below says so
  try {
    const seen = await channel.checkQueue(queue);
    await channel.close();
    return seen;
  } catch (error) {
    if (String(error).includes('404')) return undefined;
    throw error;
  }
}

/** Compares a declaration with the broker; declares nothing that is missing. */
export async function standingOf(connection: ChannelModel, declaration: Declaration): Promise<QueueStatus> {
  const { queue } = declaration;
  if (!(await lookAt(connection, queue))) return { queue, kind: 'missing' };
  const channel = await connection.createChannel();
  channel.on('error', () => undefined); // the same: a mismatch ends the channel
  try {
    await declare(channel, declaration);
    await channel.close();
    return { queue, kind: 'right' };
  } catch (error) {
    const mismatch = topologyMismatchOf(error);
    if (!mismatch) throw error;
    return { queue, kind: 'otherwise', mismatch };
  }
}

/** How all queues of all services stand, and which migrations were begun and not ended. */
export async function checkQueues(
  connection: ChannelModel,
): Promise<{ standings: QueueStatus[]; unfinished: string[] }> {
  const standings: QueueStatus[] = [];
  const unfinished: string[] = [];
  for (const { queue } of queues()) {
    const family = familyOf(queue);
    for (const declaration of family) standings.push(await standingOf(connection, declaration));
    for (const one of family) if (await lookAt(connection, refugeOf(one.queue))) unfinished.push(queue);
  }
  return { standings, unfinished: [...new Set(unfinished)] };
}
