import { accessSync, constants, existsSync, globSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Where the packages of the usual systems put RabbitMQ's real scripts; the newest version is taken. */
const RABBITMQ_SCRIPT_FOLDERS = [
  '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin',
  '/usr/local/lib/rabbitmq/lib/rabbitmq_server-*/sbin',
  '/usr/local/lib/erlang/lib/rabbitmq_server-*/sbin',
  '/opt/rabbitmq/sbin',
  '/opt/rabbitmq_server-*/sbin',
  '/opt/homebrew/opt/rabbitmq/sbin',
  '/usr/local/opt/rabbitmq/sbin',
  '/home/linuxbrew/.linuxbrew/opt/rabbitmq/sbin',
];

/** Debian keeps these off the PATH; the newest version is taken. */
const POSTGRES_FOLDERS = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql*/bin',
  '/usr/local/opt/postgresql*/bin',
];

const REDIS_SERVERS = ['redis-server', 'valkey-server'];
const FURTHER_BINARY_FOLDERS = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/sbin',
  '/opt/homebrew/bin',
  '/home/linuxbrew/.linuxbrew/bin',
];

/**
 * The folder that holds the real `rabbitmq-server` and `rabbitmqctl` scripts.
 * Debian's scripts on the PATH are wrappers that switch to the user `rabbitmq`; a private node can't use them.
 */
export function findRabbitMqScripts(path = process.env.PATH ?? ''): string | undefined {
  const known = RABBITMQ_SCRIPT_FOLDERS.flatMap((pattern) =>
    globSync(pattern).toSorted(byVersion).toReversed(),
  );
  const onPath = path
    .split(delimiter)
    .map((folder) => join(folder, 'rabbitmq-server'))
    .filter(isExecutable)
    .map((script) => dirname(realpathSync(script)));
  return [...known, ...onPath].find(
    // The real scripts read their defaults from the file beside them; a wrapper has none.
    (folder) => isExecutable(join(folder, 'rabbitmq-server')) && existsSync(join(folder, 'rabbitmq-env')),
  );
}

/** The Redis server binary (or that of Valkey, which speaks the same protocol). */
export function findRedisServer(path = process.env.PATH ?? ''): string | undefined {
  return findOnPath(REDIS_SERVERS, path);
}

/** nginx; Debian keeps it off the PATH of an ordinary user. */
export const findNginx = (path = process.env.PATH ?? ''): string | undefined => findOnPath(['nginx'], path);

/** The folder that holds `postgres` and `initdb`; the newest of the usual folders before the PATH. */
export function findPostgresPrograms(path = process.env.PATH ?? ''): string | undefined {
  const known = POSTGRES_FOLDERS.flatMap((pattern) => globSync(pattern).toSorted(byVersion).toReversed());
  const onPath = path
    .split(delimiter)
    .map((folder) => join(folder, 'initdb'))
    .filter(isExecutable)
    .map((program) => dirname(realpathSync(program)));
  return [...known, ...onPath].find((folder) =>
    ['initdb', 'postgres'].every((program) => isExecutable(join(folder, program))),
  );
}

/** The first of these commands that exists on the PATH or in the usual folders. */
export function findOnPath(names: readonly string[], path = process.env.PATH ?? ''): string | undefined {
  const folders = [...path.split(delimiter), ...FURTHER_BINARY_FOLDERS].filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function byVersion(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
