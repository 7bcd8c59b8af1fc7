import { type Database, statement } from '@comanda/storage';
import type { HealthCheck } from './health.controller.js';

/** Without its own database a service can't do its work. */
export const databaseCheck = (database: Pick<Database, 'read'>): HealthCheck => ({
  name: 'database',
  needed: true,
  unhealthyReason: () =>
    database.read(statement('SELECT 1')).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    ),
});
