import {
  type ClientProviderOptions,
  type RmqContext,
  type RmqOptions,
  Transport,
} from '@nestjs/microservices';
import { RABBITMQ_URL } from './settings.js';

export type Peer = 'orders' | 'products' | 'payments';

const optionsOf = (peer: Peer) => ({
  urls: [RABBITMQ_URL],
  queue: `bench_tutorial_${peer}`,
  queueOptions: { durable: true },
  persistent: true,
});

/** What a service sends another one its messages with; injected by the peer's name. */
export const clientOf = (peer: Peer): ClientProviderOptions => ({
  name: peer,
  transport: Transport.RMQ,
  options: optionsOf(peer),
});

/** What a service listens with: manual acknowledgement, as the documentation shows it. */
export const listenerOf = (peer: Peer): RmqOptions => ({
  transport: Transport.RMQ,
  options: { ...optionsOf(peer), noAck: false, prefetchCount: 100 },
});

export function acknowledge(context: RmqContext): void {
  context.getChannelRef().ack(context.getMessage());
}
