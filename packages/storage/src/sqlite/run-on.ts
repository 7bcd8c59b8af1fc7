import type BetterSqlite3 from 'better-sqlite3';
import type { Parameter } from '../statement.js';
import type { RawRow, Sql } from '../store.js';

type Prepared = BetterSqlite3.Statement<unknown[], RawRow>;

/** Runs statements on a connection, which prepares each once. */
export function runOn(connection: BetterSqlite3.Database): Sql['run'] {
  const known = new Map<string, Prepared>();
  const prepared = (sql: string): Prepared => {
    const found = known.get(sql);
    if (found) return found;
    const made = connection.prepare<unknown[], RawRow>(sql);
    known.set(sql, made);
    return made;
  };
  return async ({ sqlite, eachOnSqlite, changedAs }, ...parameters) => {
    const one = prepared(sqlite);
    return eachOnSqlite
      ? runForEach(one, changedAs, parameters)
      : rowsOf(one, parameters.length > 0 ? [named(parameters)] : []);
  };
}

function runForEach(
  one: Prepared,
  changedAs: string | undefined,
  [elements, ...further]: readonly Parameter[],
): RawRow[] {
  if (!Array.isArray(elements))
    throw new Error('the first parameter is the list of what the statement is run for');
  const rest = further.map(stored);
  const all: RawRow[] = [];
  for (const element of elements as readonly unknown[]) {
    const values: unknown[] = Array.isArray(element) ? element.map(stored) : [element];
    values.push(...rest);
    if (one.reader) for (const row of one.all(values)) all.push(row);
    else if (one.run(values).changes > 0 && changedAs !== undefined) all.push({ [changedAs]: element });
  }
  return all;
}

function rowsOf(one: Prepared, bound: unknown[]): RawRow[] {
  if (one.reader) return one.all(...bound);
  one.run(...bound);
  return [];
}

/** better-sqlite3 takes `$1` for a parameter that is named "1". */
function named(parameters: readonly Parameter[]): Record<number, unknown> {
  const values: Record<number, unknown> = {};
  for (const [at, parameter] of parameters.entries())
    values[at + 1] = Array.isArray(parameter) ? JSON.stringify(parameter) : stored(parameter);
  return values;
}

/** A plain number would be bound as a real one, which is another type to `->>` and to a column of text. */
const stored = (value: unknown): unknown => (Number.isSafeInteger(value) ? BigInt(Number(value)) : value);
