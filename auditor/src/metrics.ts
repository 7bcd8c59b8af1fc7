import { Gauge } from 'prom-client';

const perInvariant = (name: string, help: string) =>
  new Gauge({ name, help, labelNames: ['invariant'] as const });

/** The auditor's metrics; every name in one place. */
export const metrics = {
  violations: perInvariant('comanda_audit_violations', 'Entries in the books that break an invariant.'),
  checked: perInvariant('comanda_audit_checked', 'Entries that the last audit checked.'),
  seconds: perInvariant(
    'comanda_audit_invariant_seconds',
    'Time that the last audit took for one invariant.',
  ),
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
