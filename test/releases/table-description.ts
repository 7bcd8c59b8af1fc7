import { type Database, type RawRow, statement } from '@comanda/storage';
import { z } from 'zod';

export const TableDescription = z.object({
  columns: z.record(
    z.string(),
    z.object({
      type: z.string(),
      /** Never null. */
      required: z.boolean(),
      /** A row that does not name the column gets a value. */
      filled: z.boolean(),
    }),
  ),
  unique: z.array(z.object({ columns: z.array(z.string()), where: z.string().optional() })),
  /** Conditions on its rows and keys of other tables, as PostgreSQL writes them; SQLite does not tell. */
  checks: z.array(z.string()),
});
export type TableDescription = z.infer<typeof TableDescription>;

/** The tables of one database, by their names. */
export const Tables = z.record(z.string(), TableDescription);
export type Tables = z.infer<typeof Tables>;

const Flag = z.union([z.boolean(), z.int()]).transform(Boolean);
const Columns = z.array(
  z.object({ table: z.string(), column: z.string(), type: z.string(), required: Flag, filled: Flag }),
);
const Unique = z.array(z.object({ table: z.string(), columns: z.string(), where: z.string().nullable() }));
const Checks = z.array(z.object({ table: z.string(), text: z.string() }));

const COLUMNS = statement({
  sqlite: `SELECT t.name AS "table", c.name AS "column", c.type, c."notnull" OR c.pk > 0 AS required,
      c.dflt_value IS NOT NULL OR (c.pk > 0 AND c.type = 'INTEGER') AS filled
    FROM sqlite_master t, pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid`,
  postgres: `SELECT t.relname AS "table", c.attname AS "column", format_type(c.atttypid, c.atttypmod) AS type,
      c.attnotnull AS required, c.atthasdef OR c.attidentity <> '' AS filled
    FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
    WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' ORDER BY t.relname, c.attnum`,
});

const UNIQUE = statement({
  sqlite: `SELECT "table", columns, "where" FROM (
      SELECT t.name AS "table", (SELECT json_group_array(c.name) FROM
          (SELECT name FROM pragma_table_info(t.name) WHERE pk > 0 ORDER BY pk) c) AS columns, NULL AS "where"
        FROM sqlite_master t WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
      UNION SELECT t.name, (SELECT json_group_array(coalesce(c.name, 'expression')) FROM
          (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) c),
          CASE WHEN i.partial THEN trim(substr(s.sql, instr(s.sql, ' WHERE ') + 7)) END
        FROM sqlite_master t, pragma_index_list(t.name) i LEFT JOIN sqlite_master s ON s.name = i.name
        WHERE t.type = 'table' AND i."unique" AND i.origin <> 'pk')
    WHERE columns <> '[]' ORDER BY "table", columns, "where"`,
  postgres: `SELECT t.relname AS "table", (SELECT json_agg(trim('"' FROM pg_get_indexdef(i.indexrelid, at::int, true)) ORDER BY at)
        FROM generate_series(1, i.indnkeyatts) at)::text AS columns, pg_get_expr(i.indpred, i.indrelid) AS "where"
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
    WHERE i.indisunique AND t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' ORDER BY 1, 2, 3`,
});

const CHECKS = statement({
  sqlite: `SELECT '' AS "table", '' AS text WHERE false`,
  postgres: `SELECT t.relname AS "table", pg_get_constraintdef(c.oid) AS text
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE t.relnamespace = current_schema()::regnamespace AND c.contype IN ('c', 'f', 'x') ORDER BY 1, 2`,
});

/** What a database's tables are made of. */
export async function describeTables(database: Database): Promise<Tables> {
  const ask = (what: typeof COLUMNS): Promise<RawRow[]> => database.read(what);
  const tables: Record<string, TableDescription> = {};
  for (const { table, column, ...rest } of Columns.parse(await ask(COLUMNS))) {
    tables[table] ??= { columns: {}, unique: [], checks: [] };
    tables[table].columns[column] = rest;
  }
  for (const { table, columns, where } of Unique.parse(await ask(UNIQUE)))
    tables[table]?.unique.push({
      columns: z.array(z.string()).parse(JSON.parse(columns)),
      ...(where !== null && { where }),
    });
  for (const { table, text } of Checks.parse(await ask(CHECKS))) tables[table]?.checks.push(text);
  return tables;
}
