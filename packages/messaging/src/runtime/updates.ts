import { columnOf, type Row, type StoredRow, type Table } from '@comanda/storage';

/** What has changed in rows of one table that are there; rows in which the same columns have changed go together. */
export class Updates {
  readonly #same = new Map<string, { readonly columns: readonly string[]; readonly values: StoredRow[] }>();

  constructor(private readonly table: Table<Row>) {}

  /** @param stored all values of the row as it becomes */
  add(before: Row, after: Row, stored: StoredRow): void {
    const { columns, key } = this.table;
    // A document that was not replaced is the same object: rows are never changed in place.
    const changed = columns.filter((column) => columnOf(before, column) !== columnOf(after, column));
    if (changed.length === 0) return;
    const values = [...changed, ...key].map((column) => stored[columns.indexOf(column)]);
    const name = changed.join();
    const same = this.#same.get(name);
    if (same) same.values.push(values);
    else this.#same.set(name, { columns: changed, values: [values] });
  }

  get bySameColumns(): Iterable<{
    readonly columns: readonly string[];
    readonly values: readonly StoredRow[];
  }> {
    return this.#same.values();
  }
}
