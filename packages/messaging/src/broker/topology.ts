import {
  type BrokerAccount,
  CONSUMING_SERVICES,
  type ConsumingService,
  type ServiceName,
  typesFor,
} from '@comanda/contracts';
import type { Channel, Options } from 'amqplib';

/** All events and commands travel through it; the routing key is the type. */
export const EXCHANGE = 'comanda.events';

/**
 * How often the broker may give a message out again before it takes it for one that kills its consumer. High,
 * because every crash of a service counts for all messages that it held at that moment.
 */
const DELIVERY_LIMIT = 50;
/** Dead letters have no further place to go: however often the broker gives one out, it stays. (4.x drops after 20.) */
const DEAD_LETTER_DELIVERY_LIMIT = 1_000_000;

/** How long a message waits before each further try: at least one step, where a busy one waits too. */
export type RetrySchedule = readonly [number, ...number[]];
export const RETRY_SECONDS: RetrySchedule = [1, 5, 30, 120];

function queuesOf(service: ServiceName): ConsumingService['queues'] {
  const found = CONSUMING_SERVICES.find(({ name }) => name === service);
  if (found === undefined) throw new Error(`${service} has no queue`);
  return found.queues;
}

export const queueOf = (service: ServiceName): string => queuesOf(service).messages;

/** The services that have a queue, each with its queue. */
export const queues = (): readonly { service: ServiceName; queue: string }[] =>
  CONSUMING_SERVICES.map(({ name, queues }) => ({ service: name, queue: queues.messages }));

/** Whose queue this is, or whose dead letters or retry queue; `undefined` for any other queue. */
export const ownerOf = (name: string): { service: ServiceName; queue: string } | undefined =>
  queues().find(
    ({ queue }) => name === queue || name === deadLettersOf(queue) || name.startsWith(`${queue}.retry.`),
  );

/** The queues of all services; each has its dead letters. */
export const SERVICE_QUEUES: readonly string[] = queues().map(({ queue }) => queue);

export function serviceOf(queue: string): ServiceName {
  const owner = ownerOf(queue);
  if (!owner) throw new Error(`${queue} is no service's queue`);
  return owner.service;
}

/** Where a service's queries wait: apart from its events, so that a query never waits behind a backlog. */
export const queriesOf = (service: ServiceName): string => queuesOf(service).queries;
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

export const declareExchange = (channel: Channel) =>
  channel.assertExchange(EXCHANGE, 'topic', { durable: true });

/**
 * Declares the queues and bindings of all services. A publisher does it first, so that an event published while one of
 * its consumers has never been started waits for that consumer instead of passing it by.
 */
export async function declareTopology(channel: Channel): Promise<void> {
  await declareExchange(channel);
  for (const { service, queue } of queues()) await declareQueue(channel, queue, typesFor(service));
}

/**
 * What a channel needs before it is used. A user that is one service's own may declare nothing, because it could delete
 * what it declares: for it the operator has made everything, and it only looks whether that is there.
 */
export const topologyFor = ({ account }: { readonly account: BrokerAccount | undefined }) =>
  account === undefined ? declareTopology : checkTopology;

/** @throws Error when something is not there */
async function checkTopology(channel: Channel): Promise<void> {
  await channel.checkExchange(EXCHANGE);
  for (const { queue } of queues())
    for (const name of [queue, deadLettersOf(queue)]) await channel.checkQueue(name);
}

/** A queue as it must be declared. */
export interface Declaration {
  readonly queue: string;
  readonly options: Options.AssertQueue;
}

const durable = (queue: string, args: object): Declaration => ({
  queue,
  options: { durable: true, arguments: args },
});

export const deadLettersDeclaration = (queue: string): Declaration =>
  durable(deadLettersOf(queue), quorum(DEAD_LETTER_DELIVERY_LIMIT));

export const queueDeclaration = (queue: string): Declaration =>
  durable(queue, { ...quorum(DELIVERY_LIMIT), ...deadLetterTo(deadLettersOf(queue)) });

/** The retry queues: a message waits there for its time to live, then returns. No plugin is needed. */
export const retryQueueDeclarations = (queue: string, retrySeconds: readonly number[]): Declaration[] =>
  [...new Set(retrySeconds)].map((seconds) =>
    durable(retryQueueOf(queue, seconds), {
      ...quorum(DELIVERY_LIMIT),
      'x-message-ttl': seconds * 1000,
      ...deadLetterTo(queue),
    }),
  );

export const declare = (channel: Channel, { queue, options }: Declaration) =>
  channel.assertQueue(queue, options);

/** Declares one service's queue, bound to these types, and where its dead letters go. */
export async function declareQueue(channel: Channel, queue: string, types: readonly string[]): Promise<void> {
  await declare(channel, deadLettersDeclaration(queue));
  await declare(channel, queueDeclaration(queue));
  for (const type of types) await channel.bindQueue(queue, EXCHANGE, type);
}

/** Declares where a service's messages wait to be tried again. */
export async function declareRetryQueues(
  channel: Channel,
  queue: string,
  retrySeconds: readonly number[],
): Promise<void> {
  for (const declaration of retryQueueDeclarations(queue, retrySeconds)) await declare(channel, declaration);
}
