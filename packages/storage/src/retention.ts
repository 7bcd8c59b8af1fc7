import type { Transaction } from './store.js';

/** What to remove in one transaction. */
export interface Old {
  /** RFC 3339, UTC: only what is older may go. */
  readonly before: string;
  /** At most so many. */
  readonly limit: number;
}

/** How long one kind of row is kept. Rows that are still to be done are never old, whatever their age. */
export interface Retention {
  /** The kind of row, as a metric's label. */
  readonly what: string;
  readonly keptDays: number;
  /**
   * Removes some of what is old and resolves with how many that were: fewer than `limit` means that none is left.
   * Several processes may do so at once, so it picks and removes in one transaction, by an index.
   */
  remove(transaction: Transaction, old: Old): Promise<number>;
}
