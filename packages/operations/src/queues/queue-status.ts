import {
  type Declaration,
  deadLettersDeclaration,
  declare,
  queueDeclaration,
  queues,
  RETRY_SECONDS,
  retryQueueDeclarations,
  type TopologyMismatch,
  topologyMismatchOf,
} from '@comanda/messaging';
import type { Channel, ChannelModel } from 'amqplib';

/** How a queue that we declare is declared on the broker. */
export type QueueStatus = { readonly queue: string } & (
  | { readonly kind: 'right' | 'missing' }
  | { readonly kind: 'otherwise'; readonly mismatch: TopologyMismatch }
);

/** Compares all queues of all services with the broker. Declares nothing that is missing. */
export async function checkQueues(connection: ChannelModel): Promise<QueueStatus[]> {
  const statuses: QueueStatus[] = [];
  for (const { queue } of queues())
    for (const declaration of declarationsOf(queue)) statuses.push(await statusOf(connection, declaration));
  return statuses;
}

/** All queues of a service, given the one of its messages. */
export const declarationsOf = (queue: string): Declaration[] => [
  deadLettersDeclaration(queue),
  queueDeclaration(queue),
  ...retryQueueDeclarations(queue, RETRY_SECONDS),
];

async function statusOf(connection: ChannelModel, declaration: Declaration): Promise<QueueStatus> {
  const { queue } = declaration;
  const missing = await refusal(connection, (channel) => channel.checkQueue(queue));
  if (missing !== undefined) {
    if (String(missing).includes('404')) return { queue, kind: 'missing' };
    throw missing;
  }
  const differs = await refusal(connection, (channel) => declare(channel, declaration));
  if (differs === undefined) return { queue, kind: 'right' };
  const mismatch = topologyMismatchOf(differs);
  if (!mismatch) throw differs;
  return { queue, kind: 'otherwise', mismatch };
}

/** Makes one call on a channel of its own, because a refusal ends the channel. Returns the refusal. */
async function refusal(
  connection: ChannelModel,
  call: (channel: Channel) => PromiseLike<unknown>,
): Promise<unknown> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined); // the call below rejects with it
  try {
    await call(channel);
  } catch (error) {
    return error;
  }
  await channel.close();
  return undefined;
}
