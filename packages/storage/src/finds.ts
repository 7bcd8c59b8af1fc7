import { Gatherer } from '@comanda/kit';
import type { RawRow, Sql } from './store.js';
import { keyText, type Row, type Table } from './table.js';
import { statementsOf } from './table-statements.js';

interface Wanted<R> {
  readonly key: readonly string[];
  resolve(row: R | undefined): void;
  reject(error: unknown): void;
}

/** Finds rows of one table by their keys: those that are asked for in one turn of the event loop by one statement. */
export class Finds<R extends Row> {
  readonly #gatherer = new Gatherer<Wanted<R>>((batch) => this.#run(batch));

  constructor(
    private readonly read: Sql['run'],
    private readonly table: Table<R>,
  ) {}

  find(key: readonly string[]): Promise<R | undefined> {
    return new Promise((resolve, reject) => this.#gatherer.add({ key, resolve, reject }));
  }

  async #run(batch: readonly Wanted<R>[]): Promise<void> {
    const asked = new Map<string, Wanted<R>[]>();
    for (const wanted of batch) {
      const key = keyText(wanted.key);
      const same = asked.get(key);
      if (same) same.push(wanted);
      else asked.set(key, [wanted]);
    }
    try {
      const rows = await this.#load([...asked.values()].flatMap(([first]) => (first ? [first.key] : [])));
      const stored = new Map(rows.map((row) => [this.#keyOf(row), row]));
      for (const [key, same] of asked) this.#answer(same, stored.get(key));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #load(keys: readonly (readonly string[])[]): Promise<RawRow[]> {
    const statements = statementsOf(this.table);
    const [only] = keys;
    if (only && keys.length === 1) return this.read(statements.find, ...only);
    return this.read(statements.load(this.table.key, false), keys);
  }

  /** A row is decoded once for all that asked for it; one that can't be read fails them alone. */
  #answer(same: readonly Wanted<R>[], stored: RawRow | undefined): void {
    try {
      const row = stored && this.table.decode(stored);
      for (const { resolve } of same) resolve(row);
    } catch (error) {
      for (const { reject } of same) reject(error);
    }
  }

  #keyOf(stored: RawRow): string {
    return keyText(this.table.key.map((column) => String(stored[column])));
  }
}
