import { join } from 'node:path';
import { audit, databasesIn } from '@comanda/auditor';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { until } from '../support/until.js';
import { idsIn } from './sample.js';
import { trade } from './trade.js';

/** A platform that runs on SQLite files, and whose demo data and subscriptions are there. */
export interface Grounds {
  readonly url: string;
  /** Where its databases are. */
  readonly directory: string;
  readonly rabbitUrl: string;
}

export const filesIn = (directory: string): string[] =>
  DATABASE_OWNERS.map(({ database }) => join(directory, database.file));

/**
 * Trades on a platform until so many orders have ended, and nothing is under way any more.
 *
 * @returns the ids from before, for `fill`
 */
export async function sample(grounds: Grounds, orders: number): Promise<ReadonlySet<string>> {
  await atRest(grounds);
  const kept = idsIn(filesIn(grounds.directory));
  await trade(grounds.url, orders);
  await atRest(grounds);
  return kept;
}

/** The auditor grants nothing that still waits. */
async function atRest({ directory, rabbitUrl }: Grounds): Promise<void> {
  await until(
    'all books are right and nothing is under way',
    async () =>
      (await audit({ databases: databasesIn(directory), rabbitUrl, atRest: true })).violations === 0,
    { everyMs: 200 },
  );
}
