import { postgresSnapshot, type RawRow } from '@comanda/storage';
import Sqlite from 'better-sqlite3';
import { z } from 'zod';

/** How many rows are in memory at a time. */
const PAGE = 5_000;

const Tables = z.array(z.object({ id: z.number(), name: z.string() }));
const Columns = z.array(z.object({ name: z.string(), type: z.enum(['text', 'bigint']) }));
const Indices = z.array(z.object({ primary: z.boolean(), columns: z.array(z.string()) }));

type Query = (text: string) => Promise<RawRow[]>;

/**
 * Copies all tables of a service's schema, as they are at one moment, and their indices into a new SQLite file.
 *
 * @throws Error when the schema can't be read or has no tables
 */
export async function copyOfPostgres(url: string, file: string): Promise<void> {
  const copy = new Sqlite(file);
  // The file is deleted after it was read, so it need not survive a crash.
  copy.pragma('journal_mode = OFF');
  copy.pragma('synchronous = OFF');
  try {
    await postgresSnapshot(url, async (query) => {
      const tables = Tables.parse(
        await query(
          `SELECT c.oid::bigint AS id, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname <> 'migrations'`,
        ),
      );
      if (tables.length === 0) throw new Error('it has no tables yet');
      for (const { id, name } of tables) await copyTable(query, copy, id, name);
    });
  } finally {
    copy.close();
  }
}

async function copyTable(query: Query, copy: Sqlite.Database, id: number, name: string): Promise<void> {
  const columns = Columns.parse(
    await query(
      `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
       WHERE attrelid = ${id} AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    ),
  );
  const indices = Indices.parse(
    await query(
      `SELECT indisprimary AS primary, ARRAY(
         SELECT pg_get_indexdef(indexrelid, n, true) FROM generate_series(1, indnkeyatts) n ORDER BY n) AS columns
       FROM pg_index WHERE indrelid = ${id}`,
    ),
  );
  const names = columns.map((column) => column.name);
  const defined = columns.map(
    (column) => `${quoted(column.name)} ${column.type === 'bigint' ? 'INTEGER' : 'TEXT'}`,
  );
  const primary = indices.find((index) => index.primary);
  copy.exec(
    `CREATE TABLE ${quoted(name)} (${defined.join(', ')}${primary ? `, PRIMARY KEY (${primary.columns.join(', ')})) WITHOUT ROWID` : ')'}`,
  );
  await query(`DECLARE rows NO SCROLL CURSOR FOR SELECT * FROM ${quoted(name)}`);
  const insert = copy.prepare(`INSERT INTO ${quoted(name)} VALUES (${names.map(() => '?').join(', ')})`);
  const insertAll = copy.transaction((page: readonly RawRow[]) => {
    for (const row of page) insert.run(names.map((column) => row[column]));
  });
  for (;;) {
    const page = await query(`FETCH ${PAGE} FROM rows`);
    insertAll(page);
    if (page.length < PAGE) break;
  }
  await query('CLOSE rows');
  // After the rows, because that is faster.
  for (const [at, index] of indices.entries())
    if (!index.primary)
      copy.exec(`CREATE INDEX ${quoted(`${name}_${at}`)} ON ${quoted(name)} (${index.columns.join(', ')})`);
}

const quoted = (name: string): string => `"${name}"`;
