import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findPostgresPrograms } from './find-binaries.js';
import { freePort } from './free-port.js';
import { type Owner, unprivilegedOwner } from './owner.js';
import { PrivateServer, type ServerOptions, type ServerSpec } from './private-server.js';
import { runCommand } from './run-command.js';

/** Not a secret: the server listens on loopback only and holds what tests write. */
const PASSWORD = 'comanda';
const ADMIN = 'admin';
/** What services log in as: an ordinary role, so that row-level security holds for it. */
const ROLE = 'comanda';
const DATABASE = 'comanda';
const READY_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;
const INITDB_TIMEOUT_MS = 60_000;
const GONE_POLL_MS = 20;

export interface PostgresOptions extends ServerOptions {
  /** Survives a power cut, as in production; left out: no, because tests kill the server and not the machine. */
  readonly fsync?: boolean;
  /** Settings of the server, `max_connections` for instance. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A private PostgreSQL. `url` is that of an ordinary role that owns the one database. */
export class PostgresServer extends PrivateServer {
  /** The superuser's. */
  readonly adminUrl: string;

  constructor(
    spec: ServerSpec,
    /** Where its files are. */
    readonly directory: string,
  ) {
    super({ ...spec, url: urlOf(ROLE, spec.port, DATABASE) });
    this.adminUrl = spec.url;
  }

  /** Runs a statement as the superuser, in the services' database. */
  async admin(statement: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return query(urlOf(ADMIN, this.port, DATABASE), statement, values);
  }

  /** SIGKILL to the server with all its processes, as a power cut would do it; resolves when they are gone. */
  override async kill(): Promise<void> {
    const backends = childrenOf(this.pid);
    await super.kill();
    for (const pid of backends) end(pid);
    // Until the last one is gone the next start finds their shared memory in use.
    while (backends.some(isAlive)) await delay(GONE_POLL_MS);
  }
}

/**
 * Starts a private PostgreSQL on loopback; resolves when it answers. It does not run as root: root starts it as
 * `postgres` or `nobody`, who must be able to reach the directory.
 *
 * @throws Error when PostgreSQL is not installed, or does not come up (with the end of its log)
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const programs = findPostgresPrograms();
  if (programs === undefined) throw new Error('PostgreSQL is not installed on this machine');
  const owner = unprivilegedOwner();
  mkdirSync(options.directory, { recursive: true });
  if (owner) chownSync(options.directory, owner.uid, owner.gid);
  const data = join(options.directory, 'data');
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(programs, options.directory, data, owner);
  const port = options.port ?? (await freePort());
  const url = urlOf(ADMIN, port, 'postgres');
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: options.fsync ? 'on' : 'off',
    ...options.settings,
  };
  const { ownGroup, onLine } = options;
  const server = new PostgresServer(
    {
      url,
      port,
      answers: () => postgresAnswers(url),
      readyTimeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
      stopGraceMs: STOP_GRACE_MS,
      process: {
        name: 'PostgreSQL',
        command: join(programs, 'postgres'),
        args: [
          '-D',
          data,
          ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        ],
        cwd: options.directory,
        // SIGTERM would wait until the last client has gone.
        stopSignal: 'SIGINT',
        ...(owner && { owner }),
        ...(ownGroup !== undefined && { ownGroup }),
        ...(onLine !== undefined && { onLine }),
      },
    },
    options.directory,
  );
  await server.start();
  await makeDatabase(url);
  return server;
}

/** Whether a PostgreSQL at this URL lets us in. */
export async function postgresAnswers(url: string): Promise<boolean> {
  try {
    await query(url, 'SELECT 1');
    return true;
  } catch {
    // The question is only whether it answers; every way of not answering is the same "no".
    return false;
  }
}

async function initialise(
  programs: string,
  directory: string,
  data: string,
  owner: Owner | undefined,
): Promise<void> {
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  if (owner) chownSync(passwordFile, owner.uid, owner.gid);
  const made = await runCommand(
    join(programs, 'initdb'),
    [
      ...['--pgdata', data, '--username', ADMIN, '--auth', 'scram-sha-256', '--pwfile', passwordFile],
      ...['--encoding', 'UTF8', '--locale', 'C', '--no-instructions', '--no-sync'],
    ],
    { timeoutMs: INITDB_TIMEOUT_MS, ...(owner && { owner, cwd: directory }) },
  );
  rmSync(passwordFile);
  if (!made.ok) throw new Error(`initdb failed:\n${made.complaint}`);
}

async function makeDatabase(url: string): Promise<void> {
  const there = await query(url, 'SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (there.length > 0) return;
  await query(url, `CREATE ROLE ${ROLE} LOGIN PASSWORD '${PASSWORD}'`);
  await query(url, `CREATE DATABASE ${DATABASE} OWNER ${ROLE}`);
}

const urlOf = (role: string, port: number, database: string): string =>
  `postgres://${role}:${PASSWORD}@127.0.0.1:${port}/${database}`;

async function query(
  connectionString: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined); // told by the statement that it breaks
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(statement, [...values])).rows;
  } finally {
    await client.end().catch(() => undefined); // never connected, or gone already
  }
}

/** Where there is no /proc they end by themselves when they notice. */
function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
}

function parentOf(pid: string): number | undefined {
  return statusOf(pid)?.parent;
}

/** One that has ended and that nobody has taken note of yet holds nothing any more. */
const isAlive = (pid: number): boolean => !['Z', undefined].includes(statusOf(String(pid))?.state);

function statusOf(pid: string): { state: string | undefined; parent: number } | undefined {
  try {
    // pid (name) state parent ...; the name may hold anything.
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined; // ended meanwhile
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended with its parent.
  }
}
