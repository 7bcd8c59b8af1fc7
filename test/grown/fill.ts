import Sqlite from 'better-sqlite3';
import { z } from 'zod';
import { type Cell, type Cells, type SampledTable, sampleIn } from './sample.js';
import { Slots } from './slots.js';

export interface Growth {
  /** The ids that were in the databases before the sample: `idsIn` tells. */
  readonly kept: ReadonlySet<string>;
  /** How often the sample is there afterwards: as it was, and before it with other ids. */
  readonly times: number;
  /** From the begin of one copy to that of the next. */
  readonly everyMs: number;
}

const CACHE_KIB = 1_000_000;
const INDEXES = `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`;
const Indexes = z.array(z.object({ name: z.string(), sql: z.string() }));

/**
 * Fills a service's database with copies of what the service wrote in a sample of trade: the same rows in the same tables,
 * each copy earlier and with ids of its own, and what was there before the sample earlier than all of them. The service
 * must not run. The sample must have changed no row that was there before it, because it is copied and not repeated.
 *
 * @returns how many rows there are now
 */
export function fill(file: string, growth: Growth): number {
  const database = new Sqlite(file);
  try {
    // Nothing is to be saved from a crash: then all begins anew.
    for (const setting of ['journal_mode = MEMORY', 'synchronous = OFF', `cache_size = -${CACHE_KIB}`])
      database.pragma(setting);
    const slots = new Slots(growth.kept);
    const tables = sampleIn(database, slots);
    const indexes = Indexes.parse(database.prepare(INDEXES).all());
    database.exec('BEGIN');
    // Sorting all entries at the end is much faster than finding the place of each.
    for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
    for (const { name } of tables) database.exec(`DELETE FROM ${name}`);
    const written = write(database, tables, slots, growth);
    for (const { sql } of indexes) database.exec(sql);
    database.exec('COMMIT');
    return written;
  } finally {
    database.close();
  }
}

/** The earliest first and the original last, as the services would have: what is ordered by time grows at its end. */
function write(
  database: Sqlite.Database,
  tables: readonly SampledTable[],
  slots: Slots,
  { times, everyMs }: Growth,
): number {
  const inserts = tables.map(({ name, columns, ...rows }) => {
    const marks = columns.map(() => '?').join(', ');
    return { rows, into: database.prepare(`INSERT INTO ${name} (${columns.join(', ')}) VALUES (${marks})`) };
  });
  let written = 0;
  const writeRows = (which: 'before' | 'sampled', number: number): void => {
    const values = slots.valuesOf({ number, shiftMs: number * everyMs });
    for (const { rows, into } of inserts)
      for (const row of rows[which]) written += into.run(textsOf(row, values)).changes;
  };
  writeRows('before', times);
  for (let number = times - 1; number >= 0; number -= 1) writeRows('sampled', number);
  return written;
}

const textsOf = (row: Cells, values: readonly string[]) => row.map((cell) => textOf(cell, values));

function textOf(cell: Cell, values: readonly string[]): string | number | null {
  if (typeof cell !== 'object' || cell === null) return cell;
  let text = '';
  for (const part of cell) text += typeof part === 'number' ? values[part] : part;
  return text;
}
