import type { Sql } from '../storage/database.js';
import { loadAllStatement, statementsOf } from '../storage/statements.js';
import {
  type All,
  type Append,
  columnOf,
  keyText,
  type Needs,
  type One,
  type Put,
  type Row,
  type Table,
} from '../storage/table.js';

type AnyTable = Table<Row>;

/** The rows of one table that a batch works with. */
interface Loaded {
  readonly rows: Map<string, Row>;
  /** The keys of those that are there and that nobody else can change any more. */
  readonly locked: Set<string>;
  readonly changed: Map<string, unknown[]>;
  readonly appended: unknown[][];
}

/** The tables that these needs name. */
export const tablesOf = (needs: readonly Needs[]): ReadonlySet<AnyTable> =>
  new Set(refsOf(needs).map(({ table }) => table));

const refsOf = (needs: readonly Needs[]): (One | All)[] =>
  needs.flatMap((need) => Object.values(need).flat());

/**
 * The rows of a batch, loaded with one query per table and saved with one or two statements per table. In between the
 * handlers read and change them here, each seeing what its predecessors did.
 */
export class RowSet {
  readonly #tables = new Map<AnyTable, Loaded>();
  /** Every reference that was loaded, so that none is loaded over what a handler has changed since. */
  readonly #asked = new Set<string>();

  /**
   * Loads what is not there yet; nothing to load, no statement.
   *
   * @param only of these tables; left out: of all
   */
  async load(sql: Sql, needs: readonly Needs[], only?: ReadonlySet<AnyTable>): Promise<void> {
    const refs = refsOf(needs).filter(({ table }) => only?.has(table) ?? true);
    // What is locked comes first: there is no need to look at it then.
    for (const look of [false, true]) {
      const wanted = new Map<string, Wanted>();
      for (const ref of refs) if (ref.look === look) this.#want(wanted, ref);
      for (const [, { table, statement, keys }] of [...wanted].sort(byName))
        await this.#fetch(sql, table, statement, [...keys.values()], look);
    }
  }

  /** The rows for one handler, by the names it gave them. */
  answer(needs: Needs): Record<string, unknown> {
    const rows: Record<string, unknown> = {};
    for (const [name, ref] of Object.entries(needs)) {
      if ('kind' in ref) rows[name] = ref.kind === 'one' ? this.#one(ref) : this.#all(ref);
      else rows[name] = ref.map((one) => this.#one(one));
    }
    return rows;
  }

  /**
   * Takes over what one handler decided; all of it or, when a row breaks its table's schema, nothing. Called after
   * the whole decision is known, so a handler that throws leaves no trace.
   */
  apply(effects: readonly (Put | Append)[]): void {
    const encoded = effects.map((effect) => ({ effect, values: this.#encoded(effect) }));
    for (const { effect, values } of encoded) {
      const loaded = this.#of(effect.table);
      if (effect.kind === 'append') {
        loaded.appended.push(values);
      } else {
        const key = effect.table.keyOf(effect.row);
        loaded.rows.set(key, effect.row);
        loaded.changed.set(key, values);
      }
    }
  }

  /**
   * A row that was not there is inserted and nothing else: when another process was first that fails, and the whole
   * transaction is run again, instead of overwriting what the other one wrote.
   */
  async save(sql: Sql): Promise<void> {
    const tables = [...this.#tables].sort(([one], [other]) => (one.name < other.name ? -1 : 1));
    for (const [table, { changed, locked, appended }] of tables) {
      const { upsert, insert } = statementsOf(table);
      const [old, fresh]: [unknown[][], [string, unknown[]][]] = [[], []];
      for (const [key, values] of changed) {
        if (locked.has(key)) old.push(values);
        else fresh.push([key, values]);
      }
      if (old.length > 0) await sql.run(upsert, old);
      // In order, so that processes that insert the same rows don't wait for each other.
      const added = [...fresh.sort(byName).map(([, values]) => values), ...appended];
      if (added.length > 0) await sql.run(insert, added);
    }
  }

  #encoded(effect: Put | Append): unknown[] {
    const { kind, table, row } = effect;
    const { rows, locked, changed } = this.#of(table);
    const key = kind === 'put' ? table.keyOf(row) : undefined;
    if (key !== undefined && rows.has(key) && !locked.has(key) && !changed.has(key))
      throw new Error(
        `a row of ${table.name} was only looked at, and is to be changed: ask for it with one()`,
      );
    return table.encode(row);
  }

  #want(wanted: Map<string, Wanted>, ref: One | All): void {
    const { table, look } = ref;
    const parts = ref.kind === 'one' ? ref.key : ref.values;
    const asked = `${table.name}(${ref.kind === 'all' ? ref.columns.join() : ''})${keyText(parts)}`;
    if (this.#asked.has(asked) || (look && this.#asked.has(`${asked} looked at`))) return;
    this.#asked.add(look ? `${asked} looked at` : asked);
    const name = `${table.name}(${ref.kind === 'all' ? ref.columns.join() : ''})`;
    const { keys } = entry(wanted, name, () => ({ table, statement: statementFor(ref), keys: new Map() }));
    keys.set(keyText(parts), parts);
  }

  async #fetch(
    sql: Sql,
    table: AnyTable,
    statement: string,
    keys: readonly (readonly string[])[],
    look: boolean,
  ): Promise<void> {
    const { rows, locked, changed } = this.#of(table);
    for (const stored of await sql.run(statement, keys)) {
      const row = table.decode(stored);
      const key = table.keyOf(row);
      // A row that a handler of this batch has written is newer than the one in the database; one that was only looked
      // at before it was locked may be older.
      if (!changed.has(key) && !(rows.has(key) && look)) rows.set(key, row);
      if (!look) locked.add(key);
    }
  }

  #one(ref: One): Row | undefined {
    return this.#of(ref.table).rows.get(keyText(ref.key));
  }

  #all(ref: All): Row[] {
    const matches = (row: Row) =>
      ref.columns.every((column, at) => String(columnOf(row, column)) === ref.values[at]);
    return [...this.#of(ref.table).rows.values()].filter(matches);
  }

  #of(table: AnyTable): Loaded {
    return entry(this.#tables, table, () => ({
      rows: new Map(),
      locked: new Set(),
      changed: new Map(),
      appended: [],
    }));
  }
}

/** What is wanted of a table by one statement. */
interface Wanted {
  readonly table: AnyTable;
  readonly statement: string;
  readonly keys: Map<string, readonly string[]>;
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1;

function statementFor(ref: One | All): string {
  if (ref.kind === 'all') return loadAllStatement(ref.table, ref.columns, ref.look);
  const { load, look } = statementsOf(ref.table);
  return ref.look ? look : load;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
