import { Counter, Gauge, Histogram } from 'prom-client';

/** All that this package counts; every name in one place. */
export const metrics = {
  handled: new Counter({
    name: 'comanda_messages_handled_total',
    help: 'Events and commands by what became of them: done, duplicate, not wanted, retried, dead-lettered; each of a frame counts.',
    labelNames: ['type', 'outcome'] as const,
  }),
  batchSize: new Histogram({
    name: 'comanda_batch_size',
    help: 'Tasks decided in one transaction.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  }),
  batchSeconds: new Histogram({
    name: 'comanda_batch_seconds',
    help: 'Time of one transaction, from claim to commit.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  }),
  bytesInHand: new Gauge({
    name: 'comanda_bytes_in_hand',
    help: 'Bytes of the bodies of messages that were delivered and are not acked yet.',
  }),
  published: new Counter({
    name: 'comanda_messages_published_total',
    help: 'Events confirmed by the broker.',
    labelNames: ['type'] as const,
  }),
  publishFailures: new Counter({
    name: 'comanda_publish_failures_total',
    help: 'Events that the broker did not take; they stay in the outbox.',
    labelNames: ['reason'] as const,
  }),
  outboxInFlight: new Gauge({ name: 'comanda_outbox_in_flight', help: 'Events sent and not yet confirmed.' }),
  work: new Counter({
    name: 'comanda_work_total',
    help: 'Pieces of due work by what became of them: done, lost-lease, threw.',
    labelNames: ['kind', 'outcome'] as const,
  }),
  workFailing: new Gauge({
    name: 'comanda_work_failing',
    help: 'Pieces of due work whose last try in this process threw; each is tried again, at most 5 min later.',
    labelNames: ['kind'] as const,
  }),
  fastPathErrors: new Counter({
    name: 'comanda_fast_path_errors_total',
    help: 'Round trips to Redis that failed and were done without.',
  }),
};
