import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Owner, unprivilegedOwner } from '../owner.js';
import { runCommand } from '../run-command.js';

const INITDB_TIMEOUT_MS = 60_000;
const COPY_TIMEOUT_MS = 120_000;

/** Where a cluster lies, and who runs it; nobody else than us when there is no `owner`. */
export interface PreparedCluster {
  readonly data: string;
  readonly owner: Owner | undefined;
}

interface ClusterOptions {
  /** The folder of `initdb`. */
  readonly tools: string;
  readonly directory: string;
  readonly user: string;
  readonly password: string;
  readonly encoding: readonly string[];
}

/**
 * Makes a database cluster in the directory unless there is one. PostgreSQL does not run as root: root starts it as
 * `postgres` or `nobody`, who must be able to reach the directory.
 */
export async function prepareCluster(options: ClusterOptions): Promise<PreparedCluster> {
  const { data, owner } = reachable(options.directory);
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(options, data, owner);
  return { data, owner };
}

/**
 * Copies a running cluster into the directory, unless there is one, as what follows that one once it is started.
 *
 * @param source the URL of its superuser; in `application_name` the name by which the source knows the copy
 */
export async function copyCluster({
  tools,
  directory,
  source,
}: {
  readonly tools: string;
  readonly directory: string;
  readonly source: string;
}): Promise<PreparedCluster> {
  const { data, owner } = reachable(directory);
  if (existsSync(join(data, 'PG_VERSION'))) return { data, owner };
  const copied = await runCommand(
    join(tools, 'pg_basebackup'),
    [
      ...['--pgdata', data, '--dbname', source, '--write-recovery-conf'],
      ...['--wal-method', 'stream', '--checkpoint', 'fast', '--no-sync'],
    ],
    { timeoutMs: COPY_TIMEOUT_MS, ...(owner && { owner, cwd: directory }) },
  );
  if (!copied.ok) throw new Error(`pg_basebackup failed:\n${copied.complaint}`);
  return { data, owner };
}

function reachable(directory: string): PreparedCluster {
  const owner = unprivilegedOwner();
  mkdirSync(directory, { recursive: true });
  if (owner) chownSync(directory, owner.uid, owner.gid);
  return { data: join(directory, 'data'), owner };
}

async function initialise(
  { tools, directory, user, password, encoding }: ClusterOptions,
  data: string,
  owner: Owner | undefined,
): Promise<void> {
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner) chownSync(passwordFile, owner.uid, owner.gid);
  const made = await runCommand(
    join(tools, 'initdb'),
    [
      ...['--pgdata', data, '--username', user, '--auth', 'scram-sha-256', '--pwfile', passwordFile],
      ...[...encoding, '--no-instructions', '--no-sync'],
    ],
    { timeoutMs: INITDB_TIMEOUT_MS, ...(owner && { owner, cwd: directory }) },
  );
  rmSync(passwordFile);
  if (!made.ok) throw new Error(`initdb failed:\n${made.complaint}`);
}
