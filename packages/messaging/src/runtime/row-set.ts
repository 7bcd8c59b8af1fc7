import type { Sql } from '@comanda/storage';
import {
  type All,
  type Append,
  columnOf,
  keyText,
  loadAllStatement,
  type Needs,
  type One,
  type Put,
  type Row,
  statementsOf,
  type Table,
} from '@comanda/storage';

type AnyTable = Table<Row>;

/** The rows of one table that a batch works with. */
interface Loaded {
  readonly rows: Map<string, Row>;
  /** The keys of those that are there and that nobody else can change any more. */
  readonly locked: Set<string>;
  readonly changed: Map<string, unknown[]>;
  readonly appended: unknown[][];
  /** Every key and list that was loaded, so that none is loaded over what a handler has changed since. */
  readonly asked: Map<string, 'locked' | 'looked at'>;
}

/** What is to be loaded: by its statement, the parameter's rows. */
type Wanted = Map<
  string,
  { readonly table: AnyTable; readonly look: boolean; readonly values: (readonly string[])[] }
>;

/** The tables that these needs name. */
export function tablesOf(needs: readonly Needs[]): ReadonlySet<AnyTable> {
  const tables = new Set<AnyTable>();
  for (const { table } of refsOf(needs)) tables.add(table);
  return tables;
}

function refsOf(needs: readonly Needs[]): (One | All)[] {
  const found: (One | All)[] = [];
  for (const need of needs) {
    for (const name in need) {
      const refs = need[name];
      if (refs === undefined) continue;
      if ('kind' in refs) found.push(refs);
      else for (const ref of refs) found.push(ref);
    }
  }
  return found;
}

/**
 * The rows of a batch, loaded with one query per table and saved with one or two statements per table. In between the
 * handlers read and change them here, each seeing what its predecessors did.
 */
export class RowSet {
  readonly #tables = new Map<AnyTable, Loaded>();

  /**
   * Loads what is not there yet; nothing to load, no statement.
   *
   * @param only of these tables; left out: of all
   */
  async load(sql: Sql, needs: readonly Needs[], only?: ReadonlySet<AnyTable>): Promise<void> {
    const locks: Wanted = new Map();
    const looks: (One | All)[] = [];
    for (const ref of refsOf(needs)) {
      if (only && !only.has(ref.table)) continue;
      if (ref.look) looks.push(ref);
      else this.#want(ref, locks);
    }
    // There is no need to look at what is locked.
    const looked: Wanted = new Map();
    for (const ref of looks) this.#want(ref, looked);
    for (const wanted of [locks, looked])
      for (const [statement, { table, look, values }] of inOrder(wanted))
        await this.#fetch(sql, table, statement, values, look);
  }

  #want(ref: One | All, wanted: Wanted): void {
    const { table, look } = ref;
    const { asked } = this.#of(table);
    const values = ref.kind === 'one' ? ref.key : ref.values;
    const name = ref.kind === 'one' ? keyText(values) : `(${ref.columns.join()})${keyText(values)}`;
    const before = asked.get(name);
    if (before === 'locked' || (look && before !== undefined)) return;
    asked.set(name, look ? 'looked at' : 'locked');
    entry(wanted, statementFor(ref), () => ({ table, look, values: [] })).values.push(values);
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
   * A row that was asked for and not there is inserted and nothing else: when another process was first that fails, and
   * the whole transaction is run again, instead of overwriting what the other one wrote. One that nobody asked for
   * replaces what is there.
   */
  async save(sql: Sql): Promise<void> {
    const tables = [...this.#tables]
      .filter(([, { changed, appended }]) => changed.size + appended.length > 0)
      .sort(([one], [other]) => (one.name < other.name ? -1 : 1));
    for (const [table, { changed, locked, asked, appended }] of tables) {
      const { upsert, insert } = statementsOf(table);
      const [old, fresh]: [unknown[][], [string, unknown[]][]] = [[], []];
      for (const [key, values] of changed) {
        if (asked.get(key) === 'locked' && !locked.has(key)) fresh.push([key, values]);
        else old.push(values);
      }
      if (old.length > 0) await sql.run(upsert, old);
      // In order, so that processes that insert the same rows don't wait for each other.
      const added = [...fresh.sort(byKey).map(([, values]) => values), ...appended];
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
      asked: new Map(),
    }));
  }
}

/** Several instances lock in the same order, or they would wait for each other. */
/** By table: whoever locks rows of several does it in the same order. */
const inOrder = (wanted: Wanted) =>
  wanted.size < 2
    ? wanted
    : [...wanted].sort(([, one], [, other]) => (one.table.name < other.table.name ? -1 : 1));

const byKey = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
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
