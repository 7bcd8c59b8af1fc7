import { type ServiceName, typesFor } from '@comanda/contracts';
import type { Channel } from 'amqplib';

/** All events and commands travel through it; the routing key is the type. */
export const EXCHANGE = 'comanda.events';

/**
 * How often the broker may give a message out again before it takes it for one that kills its consumer. High,
 * because every crash of a service counts for all messages that it held at that moment.
 */
const DELIVERY_LIMIT = 50;
/** Dead letters have no further place to go: however often somebody looks at one, it stays. (4.x drops after 20.) */
const DEAD_LETTER_DELIVERY_LIMIT = 1_000_000;

const QUEUES: ReadonlyMap<ServiceName, string> = new Map([
  ['products-service', 'products_queue'],
  ['orders-service', 'orders_queue'],
  ['payments-service', 'payments_queue'],
  ['webhook-publisher', 'webhooks_queue'],
]);

export function queueOf(service: ServiceName): string {
  const queue = QUEUES.get(service);
  if (!queue) throw new Error(`${service} has no queue`);
  return queue;
}

/** The queues of all services; each has its dead letters. */
export const SERVICE_QUEUES: readonly string[] = [...QUEUES.values()];

export function serviceOf(queue: string): ServiceName {
  const entry = [...QUEUES].find(([, one]) => one === queue);
  if (!entry) throw new Error(`${queue} is no service's queue`);
  return entry[0];
}

/** Where a service's questions wait; apart from its events, so that a reader never waits behind a backlog. */
export const queriesOf = (service: ServiceName): string => queueOf(service).replace('_queue', '_queries');
export const deadLettersOf = (queue: string): string => `${queue}.dlq`;
export const retryQueueOf = (queue: string, seconds: number): string => `${queue}.retry.${seconds}s`;

/** Expired and over-delivered messages move on with confirms instead of being dropped on the way. */
const deadLetterTo = (queue: string) => ({
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': queue,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
});
const quorum = (deliveryLimit: number) => ({ 'x-queue-type': 'quorum', 'x-delivery-limit': deliveryLimit });

const declareExchange = (channel: Channel) => channel.assertExchange(EXCHANGE, 'topic', { durable: true });

/**
 * Declares the queues and bindings of all services. Whoever publishes does it first, so that an event told while
 * one of its readers was never started yet waits for that reader instead of passing it by.
 */
export async function declareTopology(channel: Channel): Promise<void> {
  await declareExchange(channel);
  for (const [service, queue] of QUEUES) await declareQueue(channel, queue, typesFor(service));
}

/** Declares one service's queue, bound to these types, and where its dead letters go. */
export async function declareQueue(channel: Channel, queue: string, types: readonly string[]): Promise<void> {
  await channel.assertQueue(deadLettersOf(queue), {
    durable: true,
    arguments: quorum(DEAD_LETTER_DELIVERY_LIMIT),
  });
  await channel.assertQueue(queue, {
    durable: true,
    arguments: { ...quorum(DELIVERY_LIMIT), ...deadLetterTo(deadLettersOf(queue)) },
  });
  for (const type of types) await channel.bindQueue(queue, EXCHANGE, type);
}

/** Declares the ladder of queues where messages wait to be tried again: a time to live, then back; no plugin. */
export async function declareLadder(
  channel: Channel,
  queue: string,
  retrySeconds: readonly number[],
): Promise<void> {
  for (const seconds of new Set(retrySeconds)) {
    await channel.assertQueue(retryQueueOf(queue, seconds), {
      durable: true,
      arguments: { ...quorum(DELIVERY_LIMIT), 'x-message-ttl': seconds * 1000, ...deadLetterTo(queue) },
    });
  }
}
