import type { Logger } from '@comanda/kit';
import type { Logger as TypeOrmLogger } from 'typeorm';

/** What migrations have to say goes into the service's log; TypeORM's other words are about queries, and not for it. */
export const migrationLog = (logger: Pick<Logger, 'warn'> | undefined): TypeOrmLogger => ({
  log: (level, message) => {
    if (level === 'warn') logger?.warn({}, String(message));
  },
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
});
