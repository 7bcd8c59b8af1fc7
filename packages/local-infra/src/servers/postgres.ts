import { join } from 'node:path';
import pg from 'pg';
import { findPostgresPrograms } from './find-binaries.js';
import { prepareCluster } from './postgres-cluster.js';
import type { Server, ServerKind, ServerOptions } from './server.js';
import { startServer } from './start-server.js';

/** Not a secret: the server listens on loopback only and holds what tests write. */
const PASSWORD = 'comanda';
const ADMIN = 'admin';
/** What services log in as: an ordinary role, so that row-level security holds for it. */
const ROLE = 'comanda';
const DATABASE = 'comanda';
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
    const { data, owner } = await prepareCluster({
      tools,
      directory,
      user: ADMIN,
      password: PASSWORD,
      encoding: ENCODING,
    });
    const listening = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' };
    return {
      command: join(tools, 'postgres'),
      args: ['-D', data, ...asArguments(listening), ...settingsOf(options)],
      // SIGTERM would wait until the last client has disconnected.
      stopSignal: 'SIGINT',
      tools,
      ...(owner && { owner }),
    };
  },
};

/** A PostgreSQL of our own. `url` is that of an ordinary role that owns the one database. */
export interface PostgresServer extends Server {
  /** The superuser's. */
  readonly adminUrl: string;
  /** Runs a statement as the superuser, in the services' database. */
  admin(statement: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

/** Starts a PostgreSQL of our own with a role and a database for the services; see `startServer`. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const server = await startServer(POSTGRES, options);
  const adminUrl = asAdmin(server.url, 'postgres');
  await makeDatabase(adminUrl);
  return Object.assign(server, {
    adminUrl,
    admin: (statement: string, values: readonly unknown[] = []) =>
      query(asAdmin(server.url, DATABASE), statement, values),
  });
}

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
