import { type Sql } from '../storage/database.js';
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
}

/**
 * The rows of a batch, loaded with one query per table and saved with one statement per table. In between the
 * handlers read and change them here, each seeing what its predecessors did.
 */
export class RowSet {
  readonly #tables = new Map<AnyTable, Loaded>();
  /** Every reference that was loaded, so that none is loaded over what a handler has changed since. */
  readonly #asked = new Set<string>();

  /** Loads what is not there yet; nothing to load, no statement. */
  async load(sql: Sql, needs: readonly Needs[]): Promise<void> {
    const keys = new Map<AnyTable, Map<string, readonly string[]>>();
    const lists = new Map<string, { ref: All; values: Map<string, readonly string[]> }>();
    for (const ref of needs.flatMap((need) => Object.values(need).flat())) {
      const asked = `${ref.table.name}(${ref.kind === 'all' ? ref.columns.join() : ''})${keyText(ref.kind === 'one' ? ref.key : ref.values)}`;
      if (this.#asked.has(asked)) continue;
      this.#asked.add(asked);
      if (ref.kind === 'one') {
        entry(keys, ref.table, () => new Map()).set(keyText(ref.key), ref.key);
      } else {
        const list = entry(lists, `${ref.table.name}(${ref.columns.join()})`, () => ({
          ref,
          values: new Map(),
        }));
        list.values.set(keyText(ref.values), ref.values);
      }
    }
    for (const [table, wanted] of keys) {
      await this.#fetch(sql, table, statementsOf(table).load, [...wanted.values()]);
    }
    for (const { ref, values } of lists.values()) {
      await this.#fetch(sql, ref.table, loadAllStatement(ref.table, ref.columns), [...values.values()]);
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
    return entry(this.#tables, table, () => ({ rows: new Map(), changed: new Map(), appended: [] }));
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
