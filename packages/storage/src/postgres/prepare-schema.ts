import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@comanda/kit';
import { FatalStartupError, whyNotReached } from '@comanda/kit';
import { DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { z } from 'zod';
import type { Migrations } from '../migration.js';
import { migrationLog } from '../migration-log.js';
import { isOutage } from '../outage.js';
import { CONTRACTIONS, refuseContracted } from '../refuse-contracted.js';
import { EVERY_TENANT } from '../store.js';
import { roleOf, secureTables, tenantsSetting } from './row-level-security.js';
import { clientSettings, type PostgresUrl } from './url.js';

/** A server that is started together with the service may take a while. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 1_000;

/** What a URL says of TLS. */
const PARAMETERS = { url: 'sslmode=verify-full', ca: 'sslrootcert' };

interface OfService {
  /** What every service has. */
  readonly common: Migrations;
  readonly own: Migrations;
}

/**
 * Makes the schema, its tables and their policies, all or nothing. Several processes may do so at once: one does, the
 * others wait for it and find everything there.
 *
 * @throws FatalStartupError with one line when the server can't be reached, or the schema is another service's
 */
export async function prepareSchema(
  url: PostgresUrl,
  migrations: OfService,
  logger: Pick<Logger, 'warn'> | undefined,
): Promise<void> {
  const source = await connected(url, migrations, logger);
  const runner = source.createQueryRunner();
  try {
    const { name, bypasses } = await roleOf(runner);
    if (bypasses)
      logger?.warn(
        { role: name },
        'this role bypasses row-level security: tenants are kept apart by the statements alone',
      );
    await runner.query('BEGIN');
    await runner.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`comanda ${url.schema}`]);
    await migrate(source, runner, url, migrations);
    await runner.query('COMMIT');
  } catch (error) {
    await runner.query('ROLLBACK').catch(() => undefined); // ended with its connection; the first error says more
    throw error;
  } finally {
    await runner.release();
    await source.destroy();
  }
}

async function connected(
  url: PostgresUrl,
  { common, own }: OfService,
  logger: Pick<Logger, 'warn'> | undefined,
): Promise<DataSource> {
  const settings = clientSettings(url);
  const source = new DataSource({
    type: 'postgres',
    schema: url.schema,
    migrations: [...common, ...own],
    logger: migrationLog(logger),
    installExtensions: false,
    // Migrations take as long as they take.
    extra: { ...settings, max: 1, statement_timeout: 0, query_timeout: 0, lock_timeout: 0 },
  });
  const until = Date.now() + PATIENCE_MS;
  for (let logged = false; ; logged = true) {
    try {
      return await source.initialize();
    } catch (error) {
      const reason = reasonOf(error);
      const refused = new FatalStartupError(`${url.shown} can't be used: ${reason}`);
      if (!worthWaiting(error) || Date.now() > until) throw refused;
      if (!logged) logger?.warn({ error: reason }, `waiting for ${url.shown}`);
      await pause(RETRY_MS);
    }
  }
}

const Thrown = z.object({ message: z.string().min(1), code: z.unknown().optional() });

/** Not by its class: TypeORM passes on what the driver, or Node itself, has thrown. */
function reasonOf(error: unknown): string {
  const thrown = Thrown.safeParse(error);
  if (thrown.success) return whyNotReached(thrown.data, PARAMETERS);
  return error instanceof Error ? error.name : String(error);
}

/** A wrong password or database stays wrong. */
const worthWaiting = (error: unknown): boolean =>
  isOutage(error) && !(error instanceof Error && 'code' in error && /^(28|3D)/.test(String(error.code)));

async function migrate(
  source: DataSource,
  runner: QueryRunner,
  { schema, shown }: PostgresUrl,
  { common, own }: OfService,
): Promise<void> {
  const [found]: { there: boolean }[] = await runner.query(
    'SELECT to_regnamespace($1) IS NOT NULL AS there',
    [schema],
  );
  if (!found?.there) await runner.query(`CREATE SCHEMA ${schema}`);
  await refuseOthers(runner, shown, common, own);
  const [contracted]: { there: boolean }[] = await runner.query(
    `SELECT to_regclass($1) IS NOT NULL AS there`,
    [CONTRACTIONS],
  );
  if (contracted?.there) await refuseContracted((sql) => runner.query(sql), [...common, ...own], shown);
  // A migration that moves rows sees all of them.
  await runner.query(`SET LOCAL comanda.tenants = '${tenantsSetting(EVERY_TENANT)}'`);
  const executor = new MigrationExecutor(source, runner);
  executor.transaction = 'none'; // in ours
  await executor.executePendingMigrations();
  await secureTables(runner);
}

/** The tables of message handling have the same names in every service. */
async function refuseOthers(
  runner: QueryRunner,
  shown: string,
  common: Migrations,
  own: Migrations,
): Promise<void> {
  const [table]: { there: boolean }[] = await runner.query(
    `SELECT to_regclass('migrations') IS NOT NULL AS there`,
  );
  if (!table?.there || own.length === 0) return;
  const done: { name: string }[] = await runner.query('SELECT name FROM migrations');
  const nameOf = (Migration: Migrations[number]) => new Migration().name ?? Migration.name;
  const [shared, ours] = [new Set(common.map(nameOf)), new Set(own.map(nameOf))];
  const others = done.filter(({ name }) => !shared.has(name) && !ours.has(name));
  if (others.length > 0 && !done.some(({ name }) => ours.has(name)))
    throw new FatalStartupError(
      `${shown} holds the tables of another service (${others[0]?.name}): give each service a schema of its own, ?schema=name`,
    );
}
