import { Counter, Histogram } from 'prom-client';

/** All that webhook-publisher counts itself; every name in one place. */
export const metrics = {
  attempts: new Counter({
    name: 'comanda_webhook_attempts_total',
    help: 'Attempts by subscription and by what came of them; the less busy subscriptions together are `other`.',
    labelNames: ['subscription', 'result'] as const,
  }),
  attemptSeconds: new Histogram({
    name: 'comanda_webhook_attempt_seconds',
    help: 'How long attempts took, by subscription; the less busy ones together are `other`.',
    labelNames: ['subscription'] as const,
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  }),
};
