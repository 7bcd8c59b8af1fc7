import { join } from 'node:path';
import { DATABASE_OWNERS } from '@comanda/contracts';
import Sqlite from 'better-sqlite3';
import pg from 'pg';

const PAGE = 5_000;
/** What the services wrote themselves when they started, or what a sample has nothing of. */
const LEFT_OUT = ['migrations', 'incarnation', 'sqlite_sequence'];

/**
 * Fills the schemas of the services, whose tables are there and which do not run, with the rows of their SQLite files.
 *
 * @returns how many rows
 */
export async function fillPostgres(postgres, directory, say) {
  const client = new pg.Client({ connectionString: postgres.adminUrl.replace(/[^/]+$/, 'comanda') });
  await client.connect();
  let rows = 0;
  try {
    // No row is watched, and none is to be saved from a crash: then all begins anew.
    await client.query('SET synchronous_commit = off');
    for (const { alias, database } of DATABASE_OWNERS) {
      say(`PostgreSQL gets the rows of ${alias}`);
      rows += await fillSchema(client, alias, join(directory, database.file));
    }
  } finally {
    await client.end();
  }
  return rows;
}

async function fillSchema(client, schema, file) {
  const source = new Sqlite(file, { readonly: true });
  let written = 0;
  try {
    const tables = source.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all();
    for (const table of tables.filter((name) => !LEFT_OUT.includes(name))) {
      const columns = source.pragma(`table_info(${table})`).map(({ name }) => name);
      await client.query(`TRUNCATE ${schema}.${table}`);
      const { rows: indexes } = await client.query(
        `SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE schemaname = $1 AND tablename = $2
           AND indexname NOT IN (SELECT conname FROM pg_constraint)`,
        [schema, table],
      );
      for (const { name } of indexes) await client.query(`DROP INDEX ${schema}.${name}`);
      const into = `INSERT INTO ${schema}.${table} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE
        SELECT ${columns.join(', ')} FROM json_populate_recordset(NULL::${schema}.${table}, $1)`;
      let page = [];
      const flush = async () => {
        await client.query(into, [JSON.stringify(page)]);
        written += page.length;
        page = [];
      };
      for (const row of source.prepare(`SELECT ${columns.join(', ')} FROM ${table}`).iterate()) {
        page.push(row);
        if (page.length === PAGE) await flush();
      }
      if (page.length > 0) await flush();
      for (const { sql } of indexes) await client.query(sql);
    }
  } finally {
    source.close();
  }
  return written;
}
