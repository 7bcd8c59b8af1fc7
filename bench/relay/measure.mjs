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
    const arrived = await takeEvents(channel);
    if (arrived !== events) throw new Error(`${way}: ${arrived} of ${events} events are in ${QUEUE}`);
    figures[way] = { events, perSecond: rounded(events / seconds) };
  }
  await connection.close();
  return figures;
}

/** Empties the queue; resolves with how many events were in it, alone or in frames. */
async function takeEvents(channel) {
  const { messageCount } = await channel.checkQueue(QUEUE);
  const { promise: emptied, resolve } = Promise.withResolvers();
  let [messages, events] = [0, 0];
  const { consumerTag } = await channel.consume(
    QUEUE,
    ({ properties }) => {
      events += properties.headers?.events ?? 1;
      messages += 1;
      if (messages === messageCount) resolve();
    },
    { noAck: true },
  );
  if (messageCount > 0) await emptied;
  await channel.cancel(consumerTag);
  return events;
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
