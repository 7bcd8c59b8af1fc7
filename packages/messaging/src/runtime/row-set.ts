import {
  type Append,
  columnOf,
  keyText,
  type Needs,
  type Put,
  type Row,
  type RowByKey,
  type RowsByValue,
  type StoredRow,
  type Table,
  type Transaction,
} from '@comanda/storage';
import { Updates } from './updates.js';

type AnyTable = Table<Row>;
type Ref = RowByKey | RowsByValue;

/** The rows of one table that a batch works with. */
interface Loaded {
  readonly rows: Map<string, Row>;
  /** Those that are there and that nobody else can change any more, by key, as the database has them. */
  readonly locked: Map<string, Row>;
  readonly changed: Map<string, StoredRow>;
  readonly appended: StoredRow[];
  /** Every key and list that was loaded, so that none is loaded over what a handler has changed since. */
  readonly asked: Map<string, 'locked' | 'read'>;
}

/** What one statement loads: rows of one table by the same columns. */
interface Load {
  readonly kind: Ref['kind'];
  readonly table: AnyTable;
  readonly columns: readonly string[];
  readonly lock: boolean;
  readonly values: (readonly string[])[];
}

/** The tables that these needs name. */
export function tablesOf(needs: readonly Needs[]): ReadonlySet<AnyTable> {
  const tables = new Set<AnyTable>();
  for (const { table } of refsOf(needs)) tables.add(table);
  return tables;
}

function refsOf(needs: readonly Needs[]): Ref[] {
  const found: Ref[] = [];
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
  async load(transaction: Transaction, needs: readonly Needs[], only?: ReadonlySet<AnyTable>): Promise<void> {
    const [locks, reads]: [Map<string, Load>, Map<string, Load>] = [new Map(), new Map()];
    const refs = refsOf(needs).filter(({ table }) => !only || only.has(table));
    // What is locked need not be read as well.
    for (const ref of refs) if (ref.lock) this.#ask(ref, locks);
    for (const ref of refs) if (!ref.lock) this.#ask(ref, reads);
    // Sent in this order, and so locked in it; on PostgreSQL nobody waits for the answer before.
    await Promise.all([...inOrder(locks), ...reads.values()].map((load) => this.#load(transaction, load)));
  }

  #ask(ref: Ref, loads: Map<string, Load>): void {
    const { kind, table, lock } = ref;
    const { asked } = this.#of(table);
    const [columns, values] = kind === 'by-key' ? [table.key, ref.key] : [ref.columns, ref.values];
    const name = kind === 'by-key' ? keyText(values) : `(${columns.join()})${keyText(values)}`;
    const before = asked.get(name);
    if (before === 'locked' || (!lock && before !== undefined)) return;
    asked.set(name, lock ? 'locked' : 'read');
    const statement = kind === 'by-key' ? table.name : `${table.name} (${columns.join()})`;
    entry(loads, statement, () => ({ kind, table, columns, lock, values: [] })).values.push(values);
  }

  /** The rows for one handler, by the names it gave them. */
  answer(needs: Needs): Record<string, unknown> {
    const rows: Record<string, unknown> = {};
    for (const name in needs) {
      const ref = needs[name];
      if (ref === undefined) continue;
      if ('kind' in ref) rows[name] = ref.kind === 'by-key' ? this.#one(ref) : this.#all(ref);
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
   * Of a row that was there only what has changed is written. One that was asked for and not there is inserted and nothing
   * else: when another process was first that fails, and the whole transaction is run again, instead of overwriting what
   * the other one wrote. One that nobody asked for replaces what is there.
   */
  async save(transaction: Transaction): Promise<void> {
    const tables = [...this.#tables]
      .filter(([, { changed, appended }]) => changed.size + appended.length > 0)
      .sort(([one], [other]) => (one.name < other.name ? -1 : 1));
    for (const [table, { rows, changed, locked, asked, appended }] of tables) {
      const [unknown, fresh]: [StoredRow[], [string, StoredRow][]] = [[], []];
      const updates = new Updates(table);
      for (const [key, values] of changed) {
        const [before, after] = [locked.get(key), rows.get(key)];
        if (before && after) updates.add(before, after, values);
        else if (asked.get(key) === 'locked') fresh.push([key, values]);
        else unknown.push(values);
      }
      for (const { columns, values } of updates.bySameColumns)
        await transaction.updateRows(table, columns, values);
      await transaction.saveRows(table, unknown);
      // In order, so that processes that insert the same rows don't wait for each other.
      const added = [...fresh.sort(byKey).map(([, values]) => values), ...appended];
      await transaction.insertRows(table, added);
    }
  }

  #encoded(effect: Put | Append): StoredRow {
    const { kind, table, row } = effect;
    const { rows, locked, changed } = this.#of(table);
    const key = kind === 'put' ? table.keyOf(row) : undefined;
    if (key !== undefined && rows.has(key) && !locked.has(key) && !changed.has(key))
      throw new Error(
        `a row of ${table.name} was read without a lock and is to be changed: ask for it with lock()`,
      );
    return table.encode(row);
  }

  async #load(transaction: Transaction, { kind, table, columns, lock, values }: Load): Promise<void> {
    const { rows, locked, changed } = this.#of(table);
    const found =
      kind === 'by-key'
        ? await transaction.loadRows({ table, keys: values, lock })
        : await transaction.loadMatching({ table, columns, values, lock });
    for (const row of found) {
      const key = table.keyOf(row);
      // A row that a handler of this batch has written is newer than the one in the database; one that was read before
      // it was locked may be older.
      if (!changed.has(key) && (lock || !rows.has(key))) rows.set(key, row);
      if (lock) locked.set(key, row);
    }
  }

  #one(ref: RowByKey): Row | undefined {
    return this.#of(ref.table).rows.get(keyText(ref.key));
  }

  #all(ref: RowsByValue): Row[] {
    const matches = (row: Row) =>
      ref.columns.every((column, at) => String(columnOf(row, column)) === ref.values[at]);
    return [...this.#of(ref.table).rows.values()].filter(matches);
  }

  #of(table: AnyTable): Loaded {
    return entry(this.#tables, table, () => ({
      rows: new Map(),
      locked: new Map(),
      changed: new Map(),
      appended: [],
      asked: new Map(),
    }));
  }
}

/** By table: all instances lock the rows of several in the same order, or they would wait for each other. */
const inOrder = (loads: ReadonlyMap<string, Load>): Load[] =>
  [...loads.values()].sort((one, other) => (one.table.name < other.table.name ? -1 : 1));

const byKey = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1;

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
