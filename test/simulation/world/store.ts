import type { RawRow, Row, Sql, Table } from '@comanda/storage';
import { compile, type Keys, type Rows } from './statements.js';

/** A row before and after a transaction; `undefined`: it was not there, or is not any longer. */
export interface Change {
  readonly before: RawRow | undefined;
  readonly after: RawRow | undefined;
}

/** The database could not commit: nothing has happened. */
export class Outage extends Error {
  override readonly name = 'Outage';
}

/** One for all: where it is thrown says nothing, and the stack of each would cost more than its transaction. */
const DISK_FULL = new Outage('database or disk is full');

/** One service's database, in memory, for the statements that the runtime sends. */
export class Store {
  /** What the last transaction that was committed has changed, by table. */
  changes: ReadonlyMap<string, readonly Change[]> = new Map();
  /** Does the next commit fail? */
  failing = false;
  readonly #tables = new Map<string, Map<string, RawRow>>();

  constructor(
    private readonly keys: Keys,
    /** Told what a transaction comes to before it is committed. */
    private readonly beforeCommit: (result: unknown) => void = () => {},
    /** Replaces the answer to a statement, where a mutation wants another one. */
    private readonly answered?: (statement: string, parameter: unknown, rows: RawRow[]) => RawRow[],
  ) {}

  /** All or nothing: what `work` throws, or a commit that fails, undoes everything. */
  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const pending = new Map<string, Pending>();
    const table = (name: string): Rows => {
      let rows = pending.get(name);
      if (!rows) {
        rows = new Pending(this.rows(name));
        pending.set(name, rows);
      }
      return rows;
    };
    const result = await work(this.#sql(table));
    this.beforeCommit(result);
    if (this.failing) throw DISK_FULL;
    const changes = new Map<string, Change[]>();
    for (const [name, rows] of pending) if (rows.isChanged) changes.set(name, rows.commit());
    this.changes = changes;
    return result;
  }

  /** Reads what is committed. */
  read(statement: string, parameter?: unknown): Promise<RawRow[]> {
    return this.committed.run(statement, parameter);
  }

  of(): this {
    return this;
  }

  get acrossTenants(): this {
    return this;
  }

  readonly committed: Sql = this.#sql((name) => new Pending(this.rows(name)));

  /** Puts in a row that is there from the beginning. */
  seed<R extends Row>(table: Table<R>, row: R): void {
    const values = table.encode(row);
    const stored = Object.fromEntries(table.columns.map((column, at) => [column, values[at]]));
    this.rows(table.name).set(table.keyOf(row), stored);
  }

  /** The committed rows of a table, by key. */
  rows(name: string): Map<string, RawRow> {
    let rows = this.#tables.get(name);
    if (!rows) {
      rows = new Map();
      this.#tables.set(name, rows);
    }
    return rows;
  }

  #sql(table: (name: string) => Rows): Sql {
    return {
      run: async (statement, parameter) => {
        const rows = compile(statement, this.keys)(table, parameter);
        return this.answered ? this.answered(statement, parameter, rows) : rows;
      },
    };
  }
}

/** A table with the changes of one transaction laid over it. */
class Pending implements Rows {
  readonly #changed = new Map<string, RawRow | undefined>();

  constructor(private readonly rows: Map<string, RawRow>) {}

  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  get(key: string): RawRow | undefined {
    const changed = this.#changed.get(key);
    return changed !== undefined || this.#changed.has(key) ? changed : this.rows.get(key);
  }

  set(key: string, row: RawRow | undefined): void {
    this.#changed.set(key, row);
  }

  *all(): Iterable<RawRow> {
    for (const [key, row] of this.rows) if (!this.#changed.has(key)) yield row;
    for (const row of this.#changed.values()) if (row !== undefined) yield row;
  }

  commit(): Change[] {
    const changes: Change[] = [];
    for (const [key, after] of this.#changed) {
      const before = this.rows.get(key);
      if (after === undefined) this.rows.delete(key);
      else this.rows.set(key, after);
      if (before !== after) changes.push({ before, after });
    }
    return changes;
  }
}
