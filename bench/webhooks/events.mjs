import { setTimeout as delay } from 'node:timers/promises';
import { dataSchemaOf, FRAME_CONTENT_TYPE, newId, OrderConfirmed, OrderFulfilled } from '@comanda/contracts';
import { queueOf } from '@comanda/messaging';
import amqp from 'amqplib';

/** Two types that nobody subscribes to but this measure: one for the endpoints that are watched, one for a backlog. */
export const WATCHED = OrderConfirmed;
export const BACKLOG = OrderFulfilled;

const FRAME = 100;

/** Puts events into the queue of webhook-publisher, as orders-service does, but for nobody else. */
export async function openPublisher(rabbitUrl) {
  const connection = await amqp.connect(rabbitUrl);
  const channel = await connection.createConfirmChannel();
  return {
    /** @returns the ids of that many new events, and when they were confirmed, in milliseconds since the epoch */
    async publish(event, count) {
      const ids = Array.from({ length: count }, newId);
      const queue = queueOf('webhook-publisher');
      for (let from = 0; from < count; from += FRAME)
        send(channel, queue, event, ids.slice(from, from + FRAME));
      await channel.waitForConfirms();
      return { ids, at: Date.now() };
    },
    /** Resolves when webhook-publisher has taken all of them. */
    async taken() {
      while ((await channel.checkQueue(queueOf('webhook-publisher'))).messageCount > 0) await delay(100);
    },
    close: () => connection.close(),
  };
}

function send(channel, queue, event, ids) {
  const events = ids.map((id) => envelope(event, id));
  const [only] = events;
  const single = events.length === 1;
  channel.sendToQueue(queue, Buffer.from(JSON.stringify(single ? only : events)), {
    persistent: true,
    type: event.type,
    messageId: single ? only.id : newId(),
    contentType: single ? 'application/cloudevents+json' : FRAME_CONTENT_TYPE,
    headers: single ? {} : { events: events.length },
  });
}

export const envelope = (event, id) => ({
  specversion: '1.0',
  id,
  type: event.type,
  source: event.publisher,
  time: new Date().toISOString(),
  subject: newId(),
  datacontenttype: 'application/json',
  dataschema: dataSchemaOf(event.type, event.version),
  tenantid: 'default',
  correlationid: newId(),
  causationid: newId(),
  sequence: 1,
  data: event.example,
});
