/**
 * The statements that load and save whole batches: one JSON parameter each, so the number of round trips does not
 * depend on the size of the batch. SQLite's dialect (https://sqlite.org/json1.html), of which postgres-dialect.ts makes
 * PostgreSQL's.
 */
interface Statements {
  load: string;
  look: string;
  upsert: string;
  insert: string;
}

interface Named {
  readonly name: string;
  readonly columns: readonly string[];
  /** Those of the columns that hold numbers. */
  readonly numbers: ReadonlySet<string>;
}

type Keyed = Named & { readonly key: readonly string[] };

const known = new WeakMap<object, Statements>();

export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const selectList = (columns: readonly string[], from: string): string =>
  columns.map((column) => `${from}.${snake(column)} AS "${column}"`).join(', ');

// CROSS JOIN keeps SQLite from turning the join round: the wanted keys drive, the table's index answers.
const byColumns = (table: Named, columns: readonly string[]): string =>
  `SELECT ${selectList(table.columns, 't')} FROM json_each(?1) k CROSS JOIN ${table.name} t ON ` +
  columns.map((column, at) => `t.${snake(column)} = k.value ->> ${at}`).join(' AND ');

/** Several instances lock rows in the same order, or they would wait for each other. */
const locked = (statement: string, { key }: Keyed): string =>
  `${statement} /*pg ${key.length > 0 ? `ORDER BY ${key.map((column) => `t.${snake(column)}`).join(', ')} ` : ''}FOR UPDATE OF t */`;

export function statementsOf(table: Keyed): Statements {
  const made = known.get(table);
  if (made) return made;
  const names = table.columns.map(snake);
  const values = table.columns.map((column, at) =>
    table.numbers.has(column) ? `CAST(value ->> ${at} AS BIGINT)` : `value ->> ${at}`,
  );
  const insert =
    `INSERT INTO ${table.name} (${names.join(', ')}) ` +
    `SELECT ${values.join(', ')} FROM json_each(?1) WHERE true`;
  const keys = table.key.map(snake);
  const rest = names.filter((name) => !keys.includes(name));
  const update =
    rest.length > 0 ? `UPDATE SET ${rest.map((name) => `${name} = excluded.${name}`).join(', ')}` : 'NOTHING';
  const look = byColumns(table, table.key);
  const statements = {
    load: locked(look, table),
    look,
    insert,
    upsert: `${insert} ON CONFLICT (${keys.join(', ')}) DO ${update}`,
  };
  known.set(table, statements);
  return statements;
}

const knownByColumns = new WeakMap<object, Map<string, string>>();

/** All rows with these values in these columns, locked unless they are only looked at. */
export function loadAllStatement(table: Keyed, columns: readonly string[], look: boolean): string {
  const made = knownByColumns.get(table) ?? new Map<string, string>();
  knownByColumns.set(table, made);
  const name = `${look ? 'look' : 'load'} ${columns.join()}`;
  const statement =
    made.get(name) ?? (look ? byColumns(table, columns) : locked(byColumns(table, columns), table));
  made.set(name, statement);
  return statement;
}
