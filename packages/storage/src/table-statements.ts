import { selectList, snake } from './columns.js';
import { insertOnPostgres, loadOnPostgres, updateOnPostgres } from './postgres/table-statements.js';
import { insertOnSqlite, loadOnSqlite, updateOnSqlite } from './sqlite/table-statements.js';
import { type Each, type Statement, statement } from './statement.js';
import type { Row, Table } from './table.js';

/** The statements on one table, made from its definition. */
class TableStatements {
  readonly #made = new Map<string, Statement>();
  readonly insert: Statement;
  readonly save: Statement;
  /** One row by its key, outside of a transaction: each part is a parameter. */
  readonly find: Statement;

  constructor(private readonly table: Table<Row>) {
    const { name, columns, key } = table;
    const [sqlite, postgres] = [insertOnSqlite(table), insertOnPostgres(table)];
    const rest = columns.filter((column) => !key.includes(column)).map(snake);
    const update = rest.map((column) => `${column} = excluded.${column}`).join(', ');
    const conflict = `ON CONFLICT (${key.map(snake).join(', ')}) DO ${rest.length > 0 ? `UPDATE SET ${update}` : 'NOTHING'}`;
    const isIt = key.map((column, at) => `t.${snake(column)} = $${at + 1}`).join(' AND ');
    this.insert = statement({ eachOnSqlite: sqlite, postgres });
    this.save = statement({ eachOnSqlite: `${sqlite} ${conflict}`, postgres: `${postgres} ${conflict}` });
    this.find = statement(`SELECT ${selectList(columns, 't')} FROM ${name} t WHERE ${isIt}`);
  }

  load(columns: readonly string[], lock: boolean): Statement {
    return this.#of(`load ${lock} ${columns.join()}`, () => ({
      eachOnSqlite: loadOnSqlite(this.table, columns), // SQLite has one writer at a time, and so no locks on rows
      postgres: loadOnPostgres(this.table, columns, lock),
    }));
  }

  /** What does not change is not written: neither its column nor an index on it. */
  update(columns: readonly string[]): Statement {
    return this.#of(`update ${columns.join()}`, () => ({
      eachOnSqlite: updateOnSqlite(this.table, columns),
      postgres: updateOnPostgres(this.table, columns),
    }));
  }

  #of(name: string, make: () => Each): Statement {
    const known = this.#made.get(name);
    if (known) return known;
    const made = statement(make());
    this.#made.set(name, made);
    return made;
  }
}

const known = new WeakMap<object, TableStatements>();

export function statementsOf(table: Table<Row>): TableStatements {
  const made = known.get(table) ?? new TableStatements(table);
  known.set(table, made);
  return made;
}
