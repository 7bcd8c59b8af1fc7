import { FatalStartupError } from '@comanda/kit';
import { z } from 'zod';
import type { Migrations } from './migration.js';
import { isBefore, RELEASE } from './release.js';

/** What later releases took away; the table is made by the migrations of every service. */
export const CONTRACTIONS = 'contractions';

const Contractions = z.array(z.object({ migration: z.string(), since: z.string() }));

/**
 * Migrations that this program does not know were made by a later release. It lives with those that only add; one that took
 * away what it uses is a reason not to start.
 *
 * @param query runs a statement and gives its rows
 * @param shown the database, for people
 * @throws FatalStartupError with one line
 */
export async function refuseContracted(
  query: (sql: string) => Promise<unknown>,
  migrations: Migrations,
  shown: string,
): Promise<void> {
  const ours = new Set(migrations.map((Migration) => new Migration().name));
  const rows = Contractions.parse(
    await query(`SELECT migration, since FROM ${CONTRACTIONS} ORDER BY migration`),
  );
  const deadly = rows.find(({ migration, since }) => !ours.has(migration) && isBefore(RELEASE, since));
  if (deadly)
    throw new FatalStartupError(
      `${shown} has the tables of a later release: ${deadly.migration} took away what ${RELEASE} uses; start release ${deadly.since} or later, or restore a backup`,
    );
}
