import type { Logger } from '@comanda/kit';
import { MESSAGING_MIGRATIONS } from './messaging-tables.js';
import type { Migrations } from './migration.js';
import { openPostgres } from './postgres/postgres-database.js';
import { problemOfPostgresUrl } from './postgres/url.js';
import { openSqlite } from './sqlite/sqlite-database.js';
import type { Database, DatabaseOptions } from './store.js';

/** What is wrong with the URL of a database, in words that follow the name of a setting, or `undefined`. */
export function problemOfDatabaseUrl(url: string): string | undefined {
  if (/^sqlite:.+/.test(url)) return undefined;
  if (/^postgres(ql)?:/.test(url)) return problemOfPostgresUrl(url);
  return 'must be sqlite:path or postgres://user:password@host:port/database';
}

/**
 * Opens a service's database and brings its tables up to date.
 *
 * @param url `sqlite:path` or `postgres://user:password@host:port/database?schema=name`
 * @param migrations the service's own; those of the messaging tables run before them
 * @throws FatalStartupError with one line when a PostgreSQL can't be used
 */
export function openDatabase(
  url: string,
  migrations: Migrations,
  logger?: Pick<Logger, 'warn'>,
  options: DatabaseOptions = {},
): Promise<Database> {
  const problem = problemOfDatabaseUrl(url);
  if (problem !== undefined) throw new Error(`the URL of a database ${problem}`);
  return url.startsWith('sqlite:')
    ? openSqlite(url.slice('sqlite:'.length), [...MESSAGING_MIGRATIONS, ...migrations], logger, options)
    : openPostgres(url, { common: MESSAGING_MIGRATIONS, own: migrations }, logger, options);
}
