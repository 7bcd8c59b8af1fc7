import { join } from 'node:path';
import { until } from '@comanda/kit';
import pg from 'pg';
import { findPostgresPrograms } from './find-binaries.js';
import { copyCluster, type PreparedCluster, prepareCluster } from './postgres-cluster.js';
import type { ProcessPlan, Server, ServerKind, ServerOptions } from './server.js';
import { startServer } from './start-server.js';

/** Not a secret: the server listens on loopback only and holds what tests write. */
const PASSWORD = 'comanda';
const ADMIN = 'admin';
/** What services log in as: an ordinary role, so that row-level security holds for it. */
const ROLE = 'comanda';
const DATABASE = 'comanda';
/** The name by which a primary knows its standby. */
const STANDBY = 'standby';
const PROMOTED_WITHIN_SECONDS = 60;
const ENCODING = ['--encoding', 'UTF8', '--locale', 'C'];

export interface PostgresOptions extends ServerOptions {
  /** Whether commits survive a power cut, as in production. Off by default: tests kill the server, not the machine. */
  readonly fsync?: boolean;
  /** Settings of the server, `max_connections` for instance. */
  readonly settings?: Readonly<Record<string, string>>;
}

export const POSTGRES: ServerKind<PostgresOptions> = {
  name: 'PostgreSQL',
  url: (host, port) => `postgres://${ROLE}:${PASSWORD}@${host}:${port}/${DATABASE}`,
  answers: (url) => postgresAnswers(asAdmin(url, 'postgres')),
  readyTimeoutMs: 30_000,
  stopGraceMs: 10_000,
  container: (options) => ({
    image: 'postgres:17',
    port: 5432,
    dataPath: '/var/lib/postgresql/data',
    command: ['postgres', ...settingsOf(options)],
    env: {
      POSTGRES_USER: ADMIN,
      POSTGRES_PASSWORD: PASSWORD,
      POSTGRES_DB: 'postgres',
      POSTGRES_INITDB_ARGS: ENCODING.join(' '),
    },
  }),
  process: async (options, port) => {
    const tools = findPostgresPrograms();
    if (tools === undefined) throw new Error('PostgreSQL is not installed on this machine');
    const { directory } = options;
    const made = { tools, directory, user: ADMIN, password: PASSWORD, encoding: ENCODING };
    return planOf(await prepareCluster(made), tools, port, options);
  },
};

/** A PostgreSQL that copies this one, and follows it from then on. */
const standbyOf = (primary: Server): ServerKind<PostgresOptions> => ({
  ...POSTGRES,
  process: async (options, port) => {
    const tools = findPostgresPrograms();
    if (tools === undefined) throw new Error('PostgreSQL is not installed on this machine');
    const source = `${asAdmin(primary.url, 'postgres')}?application_name=${STANDBY}`;
    return planOf(await copyCluster({ tools, directory: options.directory, source }), tools, port, options);
  },
});

function planOf(
  { data, owner }: PreparedCluster,
  tools: string,
  port: number,
  options: PostgresOptions,
): ProcessPlan {
  const listening = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' };
  return {
    command: join(tools, 'postgres'),
    args: ['-D', data, ...asArguments(listening), ...settingsOf(options)],
    // SIGTERM would wait until the last client has disconnected.
    stopSignal: 'SIGINT',
    tools,
    ...(owner && { owner }),
  };
}

/** A PostgreSQL of our own. `url` is that of an ordinary role that owns the one database. */
export interface PostgresServer extends Server {
  /** The superuser's. */
  readonly adminUrl: string;
  /** Runs a statement as the superuser, in the services' database. */
  admin(statement: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

/** Starts a PostgreSQL of our own with a role and a database for the services; see `startServer`. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const server = administered(await startServer(POSTGRES, options));
  await makeDatabase(server.adminUrl);
  return server;
}

/** A PostgreSQL that has all that its primary has committed, and can take its place. */
export interface PostgresStandby extends PostgresServer {
  /** Makes it a primary; resolves when it takes writes. Its former primary must be gone. */
  promote(): Promise<void>;
}

/**
 * Starts a standby of a PostgreSQL that runs as a process. From then on a commit there is one when it is on the disk of
 * both, so that nothing committed is lost with the primary; and it waits while the standby is away.
 */
export async function startStandby(
  primary: PostgresServer,
  options: PostgresOptions,
): Promise<PostgresStandby> {
  const kind = standbyOf(primary);
  const standby = administered(await startServer(kind, { ...options, runAs: 'process' }));
  try {
    await primary.admin(`ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (${STANDBY})'`);
    await primary.admin('SELECT pg_reload_conf()');
    const waitsForIt = `SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND sync_state = 'quorum'`;
    await until(
      'commits wait for the standby',
      async () => (await primary.admin(waitsForIt, [STANDBY])).length === 1,
      { timeoutMs: POSTGRES.readyTimeoutMs },
    );
  } catch (error) {
    await standby.discard();
    throw error;
  }
  return Object.assign(standby, {
    promote: async () => {
      const [row] = await standby.admin('SELECT pg_promote(true, $1) AS promoted', [PROMOTED_WITHIN_SECONDS]);
      if (row?.promoted !== true) throw new Error('the standby was not promoted');
      // Until it has a standby of its own there is none to wait for. What it copied from its primary may name one.
      await standby.admin('ALTER SYSTEM RESET synchronous_standby_names');
      await standby.admin('SELECT pg_reload_conf()');
    },
  });
}

const administered = (server: Server): PostgresServer =>
  Object.assign(server, {
    adminUrl: asAdmin(server.url, 'postgres'),
    admin: (statement: string, values: readonly unknown[] = []) =>
      query(asAdmin(server.url, DATABASE), statement, values),
  });

/** Whether a PostgreSQL at this URL lets us in. */
export async function postgresAnswers(url: string): Promise<boolean> {
  try {
    await query(url, 'SELECT 1');
    return true;
  } catch {
    // The probe only asks whether the server answers, so every error means no.
    return false;
  }
}

const settingsOf = ({ fsync, settings }: PostgresOptions): string[] =>
  asArguments({ fsync: fsync ? 'on' : 'off', ...settings });

const asArguments = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

function asAdmin(url: string, database: string): string {
  const { host } = new URL(url);
  return `postgres://${ADMIN}:${PASSWORD}@${host}/${database}`;
}

async function makeDatabase(url: string): Promise<void> {
  const there = await query(url, 'SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (there.length > 0) return;
  await query(url, `CREATE ROLE ${ROLE} LOGIN PASSWORD '${PASSWORD}'`);
  await query(url, `CREATE DATABASE ${DATABASE} OWNER ${ROLE}`);
}

async function query(
  connectionString: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined); // the statement that it breaks says so
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(statement, [...values])).rows;
  } finally {
    await client.end().catch(() => undefined); // never connected, or gone already
  }
}
