import pg from 'pg';
import { EVERY_TENANT } from '../store.js';
import { tenantsSetting } from './row-level-security.js';
import { clientSettings, postgresUrlOf, READS_ONLY } from './url.js';

/** How a program of PostgreSQL reaches a service's schema, with the rows of all tenants. */
export interface ProgramAccess {
  /** Without the password, which the list of processes would show. */
  readonly connection: string;
  readonly env: Readonly<Record<string, string>>;
  readonly schema: string;
  /** The same for all schemas of one database: what is there is of one moment in one snapshot. */
  readonly database: string;
}

/** @param url `postgres://user:password@host:port/database?schema=name` */
export function programAccess(url: string): ProgramAccess {
  const { connectionString, schema } = postgresUrlOf(url);
  const parsed = new URL(connectionString);
  const password = decodeURIComponent(parsed.password);
  parsed.password = '';
  return {
    connection: parsed.href,
    env: { PGPASSWORD: password, PGOPTIONS: `-c comanda.tenants=${tenantsSetting(EVERY_TENANT)}` },
    schema,
    database: `${parsed.host}${parsed.pathname}`,
  };
}

/**
 * Keeps a PostgreSQL database as it is at one moment for as long as `use` takes, for programs that can be told by which
 * snapshot to read.
 */
export async function withSnapshot<T>(url: string, use: (snapshot: string) => Promise<T>): Promise<T> {
  return await connected(url, READS_ONLY, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<{ id: string }>('SELECT pg_export_snapshot() AS id');
    return await use(String(rows[0]?.id));
  });
}

/** Makes a service's schema where there is none. Resolves with whether it has no tables. */
export const emptySchema = (url: string): Promise<boolean> =>
  connected(url, [], async (client) => {
    const { schema } = postgresUrlOf(url);
    const there = await client.query('SELECT to_regnamespace($1) IS NOT NULL AS there', [schema]);
    if (!there.rows[0]?.there) await client.query(`CREATE SCHEMA ${schema}`);
    const tables = await client.query('SELECT 1 FROM pg_tables WHERE schemaname = $1 LIMIT 1', [schema]);
    return tables.rows.length === 0;
  });

async function connected<T>(
  url: string,
  settings: readonly string[],
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    ...clientSettings(postgresUrlOf(url), settings),
    // As long as the program takes.
    idle_in_transaction_session_timeout: 0,
  });
  client.on('error', () => undefined); // the statement that it breaks reports it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
