import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Owner, unprivilegedOwner } from '../owner.js';
import { runCommand } from '../run-command.js';

const INITDB_TIMEOUT_MS = 60_000;

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
export async function prepareCluster(
  options: ClusterOptions,
): Promise<{ readonly data: string; readonly owner: Owner | undefined }> {
  const { directory } = options;
  const owner = unprivilegedOwner();
  mkdirSync(directory, { recursive: true });
  if (owner) chownSync(directory, owner.uid, owner.gid);
  const data = join(directory, 'data');
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(options, data, owner);
  return { data, owner };
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
