import { Finds } from './finds.js';
import type { Reader, Sql } from './store.js';
import type { Row, RowByKey, Table } from './table.js';

/** Reads by statements, on either database. */
export class SqlReader implements Reader {
  readonly #finds = new Map<unknown, unknown>();

  constructor(readonly read: Sql['run']) {}

  find<R extends Row>({ table, key }: RowByKey<R>): Promise<R | undefined> {
    return this.#findsOf(table).find(key);
  }

  #findsOf<R extends Row>(table: Table<R>): Finds<R> {
    const known = this.#finds.get(table);
    // What stands under a table was made for it below.
    if (known instanceof Finds) return known as Finds<R>;
    const made = new Finds(this.read, table);
    this.#finds.set(table, made);
    return made;
  }
}
