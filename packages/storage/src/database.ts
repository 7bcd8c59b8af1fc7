/** Rows as the driver gives them; whoever asked parses them. */
export type RawRow = Record<string, unknown>;

/** One statement with at most one parameter, written `?1`: a JSON text, so that a batch of any size is one round trip. */
export interface Sql {
  run(statement: string, parameter?: unknown): Promise<RawRow[]>;
}

/** What works for all tenants at once by its nature: claims of due work, housekeeping, operators. */
export const EVERY_TENANT = 'every tenant';

/**
 * Whose rows a statement may see and change. The statements name their tenant themselves; PostgreSQL backs that up by
 * row-level security, where SQLite has nothing of the kind. Tables without a tenant are open to all.
 */
export type Tenants = readonly string[] | typeof EVERY_TENANT;

export interface Reader {
  /** Reads what is committed; statements that change something fail here. */
  read(statement: string, parameter?: unknown): Promise<RawRow[]>;
}

/**
 * A service's database: writes in transactions, one at a time in each process, and reads beside them, so that a query
 * never sees what a transaction has not committed. `read` and `transaction` see tables without a tenant, and of the
 * others only what belongs to the tenants that are named.
 */
export interface Database extends Reader {
  /**
   * Runs `work` in one transaction; whatever it throws undoes everything and is thrown on. Where several processes
   * write at the same time, `work` may be run again because another one came first: it keeps nothing of an earlier try.
   *
   * @param tenants none when left out
   */
  transaction<T>(work: (sql: Sql) => Promise<T>, tenants?: Tenants): Promise<T>;
  /** What is this tenant's. */
  of(tenant: string): Reader;
  /** What is anybody's. */
  readonly acrossTenants: Reader;
  close(): Promise<void>;
}
