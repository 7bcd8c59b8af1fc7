import {
  keyText,
  type OutboxPage,
  OutboxRow,
  type RawRow,
  type Row,
  type RowByKey,
  type Store,
  type Table,
  type Transaction,
} from '@comanda/storage';
import { MemoryTransaction, type Rows, rowOf } from './memory-transaction.js';

/** A row before and after a transaction; `undefined`: it was not there, or is not any longer. */
export interface Change {
  readonly before: RawRow | undefined;
  readonly after: RawRow | undefined;
}

/** One for all: where it is thrown says nothing, and the stack of each would cost more than its transaction. */
const DISK_FULL = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });

/** One service's database, in memory. */
export class MemoryStore implements Store {
  /** What the last transaction that was committed has changed, by table. */
  changes: ReadonlyMap<string, readonly Change[]> = new Map();
  /** Does the next commit fail? */
  failing = false;
  readonly #tables = new Map<string, Map<string, RawRow>>();
  #last: Promise<unknown> = Promise.resolve();

  /** One after another, each all or nothing: what `work` throws, or a commit that fails, undoes everything. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#run(work));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const pending = new Map<string, Pending>();
    const table = (name: string): Rows => {
      let rows = pending.get(name);
      if (!rows) {
        rows = new Pending(this.rows(name));
        pending.set(name, rows);
      }
      return rows;
    };
    const result = await work(new MemoryTransaction(table));
    if (this.failing) throw DISK_FULL;
    const changes = new Map<string, Change[]>();
    for (const [name, rows] of pending) if (rows.isChanged) changes.set(name, rows.commit());
    this.changes = changes;
    return result;
  }

  async find<R extends Row>({ table, key }: RowByKey<R>): Promise<R | undefined> {
    const row = this.rows(table.name).get(keyText(key));
    return row && table.decode(row);
  }

  async outboxPage({ after, before, limit }: OutboxPage): Promise<OutboxRow[]> {
    return [...this.rows('outbox').values()]
      .filter(({ messageId, createdAt }) => String(messageId) > after && String(createdAt) < before)
      .sort((one, other) => (String(one.messageId) < String(other.messageId) ? -1 : 1))
      .slice(0, limit)
      .map((row) => OutboxRow.parse(row));
  }

  read(): Promise<never> {
    throw new Error('the simulation runs no statements: what it needs is found by its key');
  }

  of(): this {
    return this;
  }

  get acrossTenants(): this {
    return this;
  }

  /** Puts in a row that is there from the beginning. */
  seed<R extends Row>(table: Table<R>, row: R): void {
    this.rows(table.name).set(table.keyOf(row), rowOf(table, table.encode(row)));
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
