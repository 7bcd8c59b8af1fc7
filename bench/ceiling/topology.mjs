export const EXCHANGE = 'bench.ceiling';
export const QUEUE_OPTIONS = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

/** The hops in the order in which an order passes them; each one's queue is also its routing key. */
export const STAGES = [
  { name: 'orders', queue: 'bench.ceiling.create' },
  { name: 'products', queue: 'bench.ceiling.reserve' },
  { name: 'payments', queue: 'bench.ceiling.charge' },
  { name: 'confirmation', queue: 'bench.ceiling.confirm' },
  { name: 'webhooks', queue: 'bench.ceiling.announce' },
];
