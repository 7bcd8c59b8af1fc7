import { Counter } from 'prom-client';

/** All that this package counts; every name in one place. */
export const metrics = {
  housekeeping: new Counter({
    name: 'comanda_housekeeping_deleted_total',
    help: 'Rows that were removed because they had been kept long enough.',
    labelNames: ['what'] as const,
  }),
};
