import { Gauge } from 'prom-client';

/** The auditor's metrics; every name in one place. */
export const metrics = {
  violations: new Gauge({
    name: 'comanda_audit_violations',
    help: 'Entries in the books that break an invariant.',
    labelNames: ['invariant'] as const,
  }),
  checked: new Gauge({
    name: 'comanda_audit_checked',
    help: 'Entries that the last audit checked.',
    labelNames: ['invariant'] as const,
  }),
  seconds: new Gauge({
    name: 'comanda_audit_invariant_seconds',
    help: 'Time that the last audit took for one invariant.',
    labelNames: ['invariant'] as const,
  }),
  messages: new Gauge({
    name: 'comanda_audit_messages',
    help: 'Messages by queue: waiting (also to be tried again), or dead.',
    labelNames: ['queue', 'state'] as const,
  }),
  lastRun: new Gauge({
    name: 'comanda_audit_last_run_timestamp_seconds',
    help: 'When the last audit ended that could read everything, in seconds since the epoch.',
  }),
  duration: new Gauge({ name: 'comanda_audit_duration_seconds', help: 'Time that the last audit took.' }),
};
