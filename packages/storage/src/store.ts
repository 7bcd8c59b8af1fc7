import type { OutboxPage, OutboxRow } from './outbox-row.js';
import type { Old } from './retention.js';
import type { Parameter, Statement } from './statement.js';
import type { Row, RowByKey, Table } from './table.js';
import type { Lease, WorkClaim, WorkKey, WorkLine, WorkLines, WorkRow } from './work-row.js';

/** A row as the database gives it; the caller parses it. */
export type RawRow = Record<string, unknown>;

/** The values of a row as the database takes them, in the order of the table's columns: what `Table.encode` gives. */
export type StoredRow = readonly unknown[];

export interface Sql {
  run(statement: Statement, ...parameters: readonly Parameter[]): Promise<RawRow[]>;
}

/** What works for all tenants at once by its nature: claims of due work, housekeeping, operators. */
export const EVERY_TENANT = 'every tenant';

/**
 * Whose rows a statement may see and change. The statements name their tenant themselves; PostgreSQL backs that up by
 * row-level security, where SQLite has nothing of the kind. Tables without a tenant are open to all.
 */
export type Tenants = readonly string[] | typeof EVERY_TENANT;

/** Reads what is committed. */
export interface Reader {
  /** A statement that changes something fails. */
  read(statement: Statement, ...parameters: readonly Parameter[]): Promise<RawRow[]>;
  /** The row with this key, as in `reader.find(orders.read(tenantId, orderId))`. */
  find<R extends Row>(row: RowByKey<R>): Promise<R | undefined>;
}

/** Rows of one table by their keys, whose parts stand in the order of the table's key. */
export interface RowsByKeys<R extends Row = Row> {
  readonly table: Table<R>;
  readonly keys: readonly (readonly string[])[];
  /** Nobody else changes them before the transaction ends. */
  readonly lock: boolean;
}

/** All rows of one table that have one of these lists of values in these columns. */
export interface MatchingRows<R extends Row = Row> {
  readonly table: Table<R>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly string[])[];
  /** Nobody else changes them before the transaction ends. */
  readonly lock: boolean;
}

/**
 * What can be done inside one transaction. Each operation is one statement, however many rows it is given; given none,
 * it is no statement at all.
 */
export interface Transaction extends Sql {
  /**
   * Enters messages as handled and returns the ids of those that were not entered yet. A message that another
   * transaction is entering at this moment is waited for.
   */
  claimInbox(messageIds: readonly string[], now: string): Promise<Set<string>>;
  /** Takes messages out of the inbox, because handling them failed and they will be tried another time. */
  forgetInbox(messageIds: readonly string[]): Promise<void>;
  /** Removes messages that were handled before `old.before`, the oldest first; resolves with how many. */
  removeOldInbox(old: Old): Promise<number>;

  loadRows<R extends Row>(rows: RowsByKeys<R>): Promise<R[]>;
  loadMatching<R extends Row>(rows: MatchingRows<R>): Promise<R[]>;
  /** Writes whole rows, new or not. */
  saveRows(table: Table<Row>, rows: readonly StoredRow[]): Promise<void>;
  /**
   * Writes some columns of rows that are there and that this transaction has locked.
   *
   * @param rows each a list of the values of these columns, and then of the key's
   */
  updateRows(table: Table<Row>, columns: readonly string[], rows: readonly StoredRow[]): Promise<void>;
  /** Adds rows; one whose key is taken fails the transaction. */
  insertRows(table: Table<Row>, rows: readonly StoredRow[]): Promise<void>;

  addToOutbox(rows: readonly OutboxRow[], now: string): Promise<void>;
  removeFromOutbox(messageIds: readonly string[]): Promise<void>;

  /** Writes down work; work of the same kind and id is replaced. */
  putWork(rows: readonly WorkRow[]): Promise<void>;
  removeWork(keys: readonly WorkKey[]): Promise<void>;
  /**
   * Those of the leases that still hold: nobody has claimed, replaced or removed their work since, and nobody does
   * before the transaction ends.
   */
  heldLeases(leases: readonly Lease[]): Promise<Lease[]>;
  /**
   * Leases due work of one line, the longest due first, each piece under a new fence. Work that another transaction is just
   * claiming is left to it.
   */
  claimWork(claim: WorkClaim): Promise<WorkRow[]>;
  /** Makes leased work that was not begun due again at once, as if it had not been claimed. */
  giveBackWork(leases: readonly Lease[], now: string): Promise<void>;
  /** Moves leased work to a later time; not if another worker has claimed it meanwhile. */
  postponeWork(lease: Lease, dueAt: string): Promise<void>;
  /** When the next piece of this line is due, if there is one. */
  nextWorkDueAt(kind: string, key: string): Promise<string | undefined>;
  /** The lines in which there is work, due or not, in the order of their keys: a step for each line, however long it is. */
  workLines(lines: WorkLines): Promise<WorkLine[]>;
}

/**
 * Where a service keeps its rows: writes in transactions, one at a time in each process, and reads beside them, so that
 * a query never sees what a transaction has not committed. `read` and `transaction` see tables without a tenant, and of
 * the others only what belongs to the tenants that are named.
 */
export interface Store extends Reader {
  /**
   * Runs `work` in one transaction; whatever it throws undoes everything and is thrown on. Where several processes
   * write at the same time, `work` may be run again because another one came first: it keeps nothing of an earlier try.
   *
   * @param tenants none when left out
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, tenants?: Tenants): Promise<T>;
  /** What is this tenant's. */
  of(tenant: string): Reader;
  /** What is anybody's. */
  readonly acrossTenants: Reader;
  /** Committed events that are not known to be with the broker, in the order of their ids. */
  outboxPage(page: OutboxPage): Promise<OutboxRow[]>;
}

export interface DatabaseOptions {
  /** Whether what leaves the outbox is kept; see `keptMessagesRetention`. Not when left out. */
  readonly keepConfirmed?: boolean;
}

/** A store that was opened and is to be closed. */
export interface Database extends Store {
  close(): Promise<void>;
}
