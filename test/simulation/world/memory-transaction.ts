import {
  keyText,
  type Lease,
  type MatchingRows,
  type Old,
  type OutboxRow,
  type RawRow,
  type Row,
  type RowsByKeys,
  type StoredRow,
  type Table,
  type Transaction,
  type WorkClaim,
  type WorkKey,
  type WorkLine,
  type WorkLines,
  type WorkRow,
  workTable,
} from '@comanda/storage';

/** The rows of one table as a transaction sees and changes them, by key. */
export interface Rows {
  get(key: string): RawRow | undefined;
  set(key: string, row: RawRow | undefined): void;
  all(): Iterable<RawRow>;
}

/** The operations of a transaction on rows in memory. Histories run in one process, one transaction after another: no locks. */
export class MemoryTransaction implements Transaction {
  constructor(private readonly rows: (table: string) => Rows) {}

  run(): Promise<never> {
    throw new Error('the simulation runs no statements: what it needs is an operation of the store');
  }

  async claimInbox(messageIds: readonly string[], now: string): Promise<Set<string>> {
    const inbox = this.rows('inbox');
    const fresh = new Set(messageIds.filter((id) => inbox.get(id) === undefined));
    for (const id of fresh) inbox.set(id, { messageId: id, handledAt: now });
    return fresh;
  }

  async forgetInbox(messageIds: readonly string[]): Promise<void> {
    for (const id of messageIds) this.rows('inbox').set(id, undefined);
  }

  async removeOldInbox({ before, limit }: Old): Promise<number> {
    const inbox = this.rows('inbox');
    const old = [...inbox.all()].filter(({ handledAt }) => text(handledAt) < before);
    const removed = old.sort(by('handledAt')).slice(0, limit);
    for (const { messageId } of removed) inbox.set(text(messageId), undefined);
    return removed.length;
  }

  async loadRows<R extends Row>({ table, keys }: RowsByKeys<R>): Promise<R[]> {
    const rows = this.rows(table.name);
    return keys.flatMap((key) => {
      const row = rows.get(keyText(key));
      return row ? [table.decode(row)] : [];
    });
  }

  async loadMatching<R extends Row>({ table, columns, values }: MatchingRows<R>): Promise<R[]> {
    const wanted = new Set(values.map(keyText));
    return [...this.rows(table.name).all()]
      .filter((row) => wanted.has(keyText(columns.map((column) => text(row[column])))))
      .map((row) => table.decode(row));
  }

  async saveRows(table: Table<Row>, rows: readonly StoredRow[]): Promise<void> {
    for (const values of rows) this.#set(table, rowOf(table, values));
  }

  async updateRows(table: Table<Row>, columns: readonly string[], rows: readonly StoredRow[]): Promise<void> {
    for (const values of rows) {
      const place = keyText(values.slice(columns.length).map(text));
      const row = this.rows(table.name).get(place);
      if (row) this.rows(table.name).set(place, { ...row, ...rowOf({ columns }, values) });
    }
  }

  async insertRows(table: Table<Row>, rows: readonly StoredRow[]): Promise<void> {
    for (const values of rows) {
      const row = rowOf(table, values);
      const place = placeOf(table, row);
      if (this.rows(table.name).get(place) !== undefined)
        throw new Error(`UNIQUE constraint failed: ${table.name} ${place}`);
      this.#set(table, row);
    }
  }

  async addToOutbox(rows: readonly OutboxRow[], now: string): Promise<void> {
    for (const row of rows) this.rows('outbox').set(row.messageId, { ...row, createdAt: now });
  }

  async removeFromOutbox(messageIds: readonly string[]): Promise<void> {
    for (const id of messageIds) this.rows('outbox').set(id, undefined);
  }

  async putWork(rows: readonly WorkRow[]): Promise<void> {
    for (const row of rows) this.#set(workTable, rowOf(workTable, workTable.encode(row)));
  }

  async removeWork(keys: readonly WorkKey[]): Promise<void> {
    for (const { kind, id } of keys) this.rows(workTable.name).set(keyText([kind, id]), undefined);
  }

  async heldLeases(leases: readonly Lease[]): Promise<Lease[]> {
    return leases.filter((lease) => this.#leased(lease) !== undefined);
  }

  async claimWork({ kind, key, now, until, limit, fence }: WorkClaim): Promise<WorkRow[]> {
    const claimed = this.#line(kind, key)
      .filter(({ dueAt }) => text(dueAt) <= now)
      .slice(0, limit)
      .map((stored): WorkRow => {
        const row = workTable.decode(stored);
        const { attempt } = row;
        return { ...row, dueAt: until, attempt: attempt + 1, fence: Math.max(row.fence + 1, fence) };
      });
    await this.putWork(claimed);
    return claimed;
  }

  async giveBackWork(leases: readonly Lease[], now: string): Promise<void> {
    for (const lease of leases) {
      const row = this.#leased(lease);
      if (row) this.#set(workTable, { ...row, dueAt: now, attempt: Number(row.attempt) - 1 });
    }
  }

  async postponeWork(lease: Lease, dueAt: string): Promise<void> {
    const row = this.#leased(lease);
    if (row) this.#set(workTable, { ...row, dueAt });
  }

  async nextWorkDueAt(kind: string, key: string): Promise<string | undefined> {
    const [next] = this.#line(kind, key);
    return next && text(next.dueAt);
  }

  async workLines({ kind, from, limit }: WorkLines): Promise<WorkLine[]> {
    const lines = new Map<string, string>();
    for (const row of [...this.rows(workTable.name).all()].sort(by('dueAt')).reverse())
      if (row.kind === kind && text(row.key) >= from) lines.set(text(row.key), text(row.dueAt));
    const inOrder = [...lines].sort(([one], [other]) => (one < other ? -1 : 1));
    return inOrder.slice(0, limit).map(([key, dueAt]) => ({ key, dueAt }));
  }

  /** The work of one kind and key, the longest due first. */
  #line(kind: string, key: string): RawRow[] {
    const ofLine = [...this.rows(workTable.name).all()].filter((row) => row.kind === kind && row.key === key);
    return ofLine.sort(by('dueAt'));
  }

  #leased({ kind, id, fence }: Lease): RawRow | undefined {
    const row = this.rows(workTable.name).get(keyText([kind, id]));
    return row?.fence === fence ? row : undefined;
  }

  #set(table: Pick<Table<Row>, 'name' | 'key'>, row: RawRow): void {
    this.rows(table.name).set(placeOf(table, row), row);
  }
}

const text = (value: unknown): string => String(value);

const by =
  (column: string) =>
  (one: RawRow, other: RawRow): number =>
    text(one[column]) < text(other[column]) ? -1 : 1;

export function rowOf({ columns }: Pick<Table<Row>, 'columns'>, values: StoredRow): RawRow {
  const row: RawRow = {};
  columns.forEach((column, at) => {
    row[column] = values[at];
  });
  return row;
}

const placeOf = ({ key }: Pick<Table<Row>, 'key'>, row: RawRow): string =>
  keyText(key.map((column) => text(row[column])));
