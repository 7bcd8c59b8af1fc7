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
  readonly changed: Map<string, unknown[]>;
  readonly appended: unknown[][];
  /** Every key and list that was loaded, so that none is loaded over what a handler has changed since. */
  readonly asked: Set<string>;
}

/** What is to be loaded: by its statement, the parameter's rows. */
type Wanted = Map<string, { readonly table: AnyTable; readonly values: (readonly string[])[] }>;

/**
 * The rows of a batch, loaded with one query per table and saved with one statement per table. In between the
 * handlers read and change them here, each seeing what its predecessors did.
 */
export class RowSet {
  readonly #tables = new Map<AnyTable, Loaded>();

  /** Loads what is not there yet; nothing to load, no statement. */
  async load(sql: Sql, needs: readonly Needs[]): Promise<void> {
    const wanted: Wanted = new Map();
    for (const need of needs) {
      for (const name in need) {
        const refs = need[name];
        if (refs === undefined) continue;
        if ('kind' in refs) this.#want(refs, wanted);
        else for (const ref of refs) this.#want(ref, wanted);
      }
    }
    for (const [statement, { table, values }] of wanted) await this.#fetch(sql, table, statement, values);
  }

  #want(ref: One | All, wanted: Wanted): void {
    const { table } = ref;
    const { asked } = this.#of(table);
    const values = ref.kind === 'one' ? ref.key : ref.values;
    const name = ref.kind === 'one' ? keyText(values) : `(${ref.columns.join()})${keyText(values)}`;
    if (asked.has(name)) return;
    asked.add(name);
    const statement = ref.kind === 'one' ? statementsOf(table).load : loadAllStatement(table, ref.columns);
    entry(wanted, statement, () => ({ table, values: [] })).values.push(values);
  }

  /** The rows for one handler, by the names it gave them. */
  answer(needs: Needs): Record<string, unknown> {
    const rows: Record<string, unknown> = {};
    for (const name in needs) {
      const ref = needs[name];
      if (ref === undefined) continue;
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
    const encoded = effects.map((effect) => ({ effect, values: effect.table.encode(effect.row) }));
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

  async save(sql: Sql): Promise<void> {
    for (const [table, { changed, appended }] of this.#tables) {
      const { upsert, insert } = statementsOf(table);
      if (changed.size > 0) await sql.run(upsert, [...changed.values()]);
      if (appended.length > 0) await sql.run(insert, appended);
    }
  }

  async #fetch(
    sql: Sql,
    table: AnyTable,
    statement: string,
    keys: readonly (readonly string[])[],
  ): Promise<void> {
    const { rows } = this.#of(table);
    for (const stored of await sql.run(statement, keys)) {
      const row = table.decode(stored);
      const key = table.keyOf(row);
      // A row that a handler of this batch has written is newer than the one in the database.
      if (!rows.has(key)) rows.set(key, row);
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
      changed: new Map(),
      appended: [],
      asked: new Set(),
    }));
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
