import type { OutboxPage, OutboxRow, Reader, Row, RowByKey, Store, Transaction } from '@comanda/storage';
import type { Faults } from '../faults.js';
import { isOurs } from '../violation.js';
import type { Chance } from './chance.js';
import type { Change, MemoryStore } from './memory-store.js';
import type { Life, TimeLine } from './time-line.js';

export interface ProcessStoreOptions {
  readonly store: MemoryStore;
  readonly life: Life;
  readonly timeLine: TimeLine;
  readonly faults: Faults;
  readonly chance: Chance;
  /** How long a commit may take: the slower, the larger the batches. */
  readonly commitMs: number;
  /** Called with each transaction that was committed, also when its process dies before it knows. */
  readonly committed: (result: unknown, changes: ReadonlyMap<string, readonly Change[]>) => void;
}

/** How one process reaches the database of its service: each transaction takes time and may fail. */
export class ProcessStore implements Store {
  constructor(private readonly options: ProcessStoreOptions) {}

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { life, timeLine, chance, commitMs } = this.options;
    return new Promise((resolve, reject) => {
      const settled = (settle: () => void) => {
        if (chance.likely(0.3)) timeLine.soon(life, settle);
        else settle();
      };
      const run = () =>
        void this.#commit(work).then(
          (result) => settled(() => resolve(result)),
          (error: unknown) => settled(() => reject(error)),
        );
      timeLine.later(life, chance.below(commitMs), run, false);
    });
  }

  /** From begin to commit in one step: nobody else comes in between. */
  async #commit<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { store, faults, timeLine, committed } = this.options;
    try {
      store.failing = faults.strikes('storage') !== undefined;
      const result = await store.transaction(work);
      if (store.changes.size > 0) timeLine.moved();
      committed(result, store.changes);
      return result;
    } catch (error) {
      if (isOurs(error)) timeLine.fail(error);
      throw error;
    }
  }

  outboxPage(page: OutboxPage): Promise<OutboxRow[]> {
    return this.options.store.outboxPage(page);
  }

  find<R extends Row>(row: RowByKey<R>): Promise<R | undefined> {
    return this.options.store.find(row);
  }

  read(): Promise<never> {
    return this.options.store.read();
  }

  of(): Reader {
    return this.options.store;
  }

  get acrossTenants(): Reader {
    return this.options.store;
  }
}
