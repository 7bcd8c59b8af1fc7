/**
 * The statements that load and save whole batches: one JSON parameter each, so the number of round trips does not
 * depend on the size of the batch. SQLite's dialect (https://sqlite.org/json1.html).
 */
interface Statements {
  load: string;
  upsert: string;
  insert: string;
}

interface Named {
  readonly name: string;
  readonly columns: readonly string[];
}

const known = new WeakMap<object, Statements>();

export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const selectList = (columns: readonly string[], from: string): string =>
  columns.map((column) => `${from}.${snake(column)} AS "${column}"`).join(', ');

// CROSS JOIN keeps SQLite from turning the join round: the wanted keys drive, the table's index answers.
const byColumns = (table: Named, columns: readonly string[]): string =>
  `SELECT ${selectList(table.columns, 't')} FROM json_each(?1) k CROSS JOIN ${table.name} t ON ` +
  columns.map((column, at) => `t.${snake(column)} = k.value ->> ${at}`).join(' AND ');

export function statementsOf(table: Named & { readonly key: readonly string[] }): Statements {
  const made = known.get(table);
  if (made) return made;
  const names = table.columns.map(snake);
  const insert =
    `INSERT INTO ${table.name} (${names.join(', ')}) ` +
    `SELECT ${names.map((_, at) => `value ->> ${at}`).join(', ')} FROM json_each(?1) WHERE true`;
  const keys = table.key.map(snake);
  const rest = names.filter((name) => !keys.includes(name));
  const update =
    rest.length > 0 ? `UPDATE SET ${rest.map((name) => `${name} = excluded.${name}`).join(', ')}` : 'NOTHING';
  const statements = {
    load: byColumns(table, table.key),
    insert,
    upsert: `${insert} ON CONFLICT (${keys.join(', ')}) DO ${update}`,
  };
  known.set(table, statements);
  return statements;
}

const knownByColumns = new WeakMap<object, Map<string, string>>();

export function loadAllStatement(table: Named, columns: readonly string[]): string {
  const made = knownByColumns.get(table) ?? new Map<string, string>();
  knownByColumns.set(table, made);
  const name = columns.join();
  const statement = made.get(name) ?? byColumns(table, columns);
  made.set(name, statement);
  return statement;
}
