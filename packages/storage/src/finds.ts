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
    const keys = new Map(batch.map(({ key }) => [keyText(key), key]));
    try {
      const stored = new Map((await this.#load([...keys.values()])).map((row) => [this.#keyOf(row), row]));
      for (const wanted of batch) this.#answer(wanted, stored.get(keyText(wanted.key)));
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

  /** A row that can't be read fails those that asked for it alone. */
  #answer({ resolve, reject }: Wanted<R>, stored: RawRow | undefined): void {
    try {
      resolve(stored && this.table.decode(stored));
    } catch (error) {
      reject(error);
    }
  }

  #keyOf(stored: RawRow): string {
    return keyText(this.table.key.map((column) => String(stored[column])));
  }
}
