import Sqlite from 'better-sqlite3';
import { z } from 'zod';
import { idsOf, type Pattern, type Slots } from './slots.js';

/** A value that all copies share, or the pattern of a text that differs. */
export type Cell = Pattern | string | number | null;
export type Cells = readonly Cell[];

/** The rows of one table. */
export interface SampledTable {
  readonly name: string;
  /** Without the one by which the database numbers the rows itself. */
  readonly columns: readonly string[];
  /** Those from before the sample. */
  readonly before: readonly Cells[];
  readonly sampled: readonly Cells[];
}

const Value = z.union([z.string(), z.number(), z.null()]);
type Value = z.infer<typeof Value>;
const Tables = z.array(z.object({ name: z.string(), sql: z.string() }));
const Columns = z.array(z.object({ name: z.string(), pk: z.number() }));

const TABLES = `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'`;

/** Every id that is in these databases, in any column. */
export function idsIn(files: readonly string[]): Set<string> {
  const ids = new Set<string>();
  for (const file of files) {
    const database = new Sqlite(file, { readonly: true });
    try {
      for (const value of tablesOf(database).flatMap(({ rows }) => rows.flat()))
        if (typeof value === 'string') for (const id of idsOf(value)) ids.add(id);
    } finally {
      database.close();
    }
  }
  return ids;
}

/**
 * What a sample of trade has added to a database: the rows with an id that was not there before. Nothing here knows a
 * table or a column: what the services write tomorrow is found just so. Tables without an id or a time are left out.
 */
export function sampleIn(database: Sqlite.Database, slots: Slots): SampledTable[] {
  const cellOf = (value: Value): Cell =>
    typeof value === 'string' ? (slots.patternOf(value) ?? value) : value;
  const isSampled = (row: readonly Value[]) =>
    row.some((value) => typeof value === 'string' && slots.isNew(value));
  return tablesOf(database)
    .map(({ name, columns, rows }) => ({
      ...{ name, columns },
      before: rows.filter((row) => !isSampled(row)).map((row) => row.map(cellOf)),
      sampled: rows.filter(isSampled).map((row) => row.map(cellOf)),
    }))
    .filter(({ before, sampled }) => [...before, ...sampled].flat().some(Array.isArray));
}

function tablesOf(database: Sqlite.Database) {
  return Tables.parse(database.prepare(TABLES).all()).map(({ name, sql }) => {
    const described = Columns.parse(database.prepare(`PRAGMA table_info(${name})`).all());
    const key = described.filter(({ pk }) => pk > 0).map((column) => column.name);
    const columns = described
      .map((column) => column.name)
      .filter((column) => !(key.includes(column) && sql.includes('AUTOINCREMENT')));
    const rows = database.prepare(`SELECT ${columns.join(', ')} FROM ${name} ORDER BY ${key.join(', ')}`);
    return { name, columns, rows: z.array(z.array(Value)).parse(rows.raw().all()) };
  });
}
