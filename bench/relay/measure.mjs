import { join } from 'node:path';
import { queueOf } from '@comanda/messaging';
import amqp from 'amqplib';
import { startChild } from '../measure/child.mjs';
import { rounded } from '../measure/figures.mjs';
import { EVENT, fillOutbox } from './full-outbox.mjs';

const [QUEUE] = EVENT.consumers.map(queueOf);

/**
 * P6: how fast committed events reach the broker. A full outbox in a SQLite file is carried to one durable quorum
 * queue by one process: one event at a time, as tutorials do; in pages whose confirms are all in flight, with
 * nothing but the two drivers; and by Comanda, started on what a crash left behind.
 *
 * @returns {Promise<Record<'one by one' | 'pipelined' | 'comanda', { events: number, perSecond: number }>>}
 * @throws {Error} when an event does not arrive exactly once
 */
export async function measureRelay({ rabbitUrl, directory, relayEvents, relayEventsOneByOne }) {
  const connection = await amqp.connect(rabbitUrl);
  const channel = await connection.createChannel();
  const figures = {};
  for (const [way, events] of [
    ['one by one', relayEventsOneByOne],
    ['pipelined', relayEvents],
    ['comanda', relayEvents],
  ]) {
    const file = join(directory, `outbox, ${way}.db`);
    await fillOutbox(file, events);
    const seconds = await carried(way, { rabbitUrl, file });
    const { messageCount } = await channel.purgeQueue(QUEUE);
    if (messageCount !== events)
      throw new Error(`${way}: ${messageCount} of ${events} events are in ${QUEUE}`);
    figures[way] = { events, perSecond: rounded(events / seconds) };
  }
  await connection.close();
  return figures;
}

/** Seconds from the start of the relay until all rows are confirmed and taken out. */
async function carried(way, job) {
  const { promise, resolve } = Promise.withResolvers();
  const relay = await startChild(new URL('./relay-process.mjs', import.meta.url), {
    onMessage: ({ seconds }) => resolve(seconds),
  });
  relay.send({ way, ...job });
  const seconds = await Promise.race([promise, relay.failed]);
  await relay.stop();
  return seconds;
}
