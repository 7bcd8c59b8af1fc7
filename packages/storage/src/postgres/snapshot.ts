import pg from 'pg';
import { EVERY_TENANT, type RawRow } from '../store.js';
import { tenantsSetting } from './row-level-security.js';
import { clientSettings, postgresUrlOf, READS_ONLY } from './url.js';

/**
 * Reads all of a service's schema as it is at one moment, whatever is written meanwhile, for all tenants. It changes
 * nothing and keeps nobody from writing.
 *
 * @param url `postgres://user:password@host:port/database?schema=name`
 */
export async function postgresSnapshot<T>(
  url: string,
  read: (query: (text: string) => Promise<RawRow[]>) => Promise<T>,
): Promise<T> {
  const settings = clientSettings(postgresUrlOf(url), READS_ONLY);
  const client = new pg.Client(settings);
  client.on('error', () => undefined); // the statement that it breaks reports it
  await client.connect();
  try {
    await client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL comanda.tenants = '${tenantsSetting(EVERY_TENANT)}'`,
    );
    // Ended with its connection.
    return await read(async (text) => (await client.query<RawRow>(text)).rows);
  } finally {
    await client.end();
  }
}
