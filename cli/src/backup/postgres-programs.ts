import { execFile } from 'node:child_process';
import type { ProgramAccess } from '@comanda/storage';
import { NotPossible } from './not-possible.js';

/**
 * Writes a schema as it is in a snapshot.
 *
 * @throws NotPossible
 */
export const dump = (access: ProgramAccess, snapshot: string, file: string): Promise<void> =>
  run('pg_dump', access, [
    ...['--format=custom', '--compress=1', `--snapshot=${snapshot}`, `--schema=${access.schema}`],
    // With comanda.tenants=* its policies show all rows.
    '--enable-row-security',
    `--file=${file}`,
  ]);

/**
 * Fills a schema that is there and empty, all or nothing. Its tables belong to whom the URL logs in.
 *
 * @throws NotPossible
 */
export const fill = (access: ProgramAccess, file: string): Promise<void> =>
  run('pg_restore', access, [
    ...['--exit-on-error', '--single-transaction', '--no-owner', '--no-privileges'],
    ...[`--schema=${access.schema}`, file],
  ]);

function run(program: string, { connection, env }: ProgramAccess, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [`--dbname=${connection}`, '--no-password', ...args],
      { env: { ...process.env, ...env } },
      (error, _, said) => {
        if (!error) resolve();
        else if (error.code === 'ENOENT')
          reject(
            new NotPossible(`${program} is not installed: it comes with the client programs of PostgreSQL`),
          );
        else reject(new NotPossible(`${program} ended with: ${said.trim() || error.message}`));
      },
    );
  });
}
