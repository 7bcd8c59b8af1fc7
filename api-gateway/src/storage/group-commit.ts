import { Gatherer } from '@comanda/kit';
import type { Database, Sql } from '@comanda/storage';

interface Waiting {
  readonly tenant: string;
  work(sql: Sql): Promise<void>;
  committed(): void;
  failed(error: unknown): void;
}

/**
 * Group commit: what arrives while a transaction is under way shares the next one. Work that throws undoes its
 * neighbours' too, so it must only throw when the database itself fails.
 */
export class GroupCommit {
  readonly #gatherer = new Gatherer<Waiting>((batch) => this.#commit(batch));

  constructor(private readonly database: Database) {}

  /** Resolves when what `work` did for this tenant is committed. It may be run again before. */
  run<T>(tenant: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let done: { readonly result: T } | undefined;
      this.#gatherer.add({
        tenant,
        work: async (sql) => {
          done = { result: await work(sql) };
        },
        committed: () => done && resolve(done.result),
        failed: reject,
      });
    });
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const tenants = batch.map(({ tenant }) => tenant);
    try {
      await this.database.transaction(async (sql) => {
        for (const { work } of batch) await work(sql);
      }, tenants);
      for (const { committed } of batch) committed();
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }
}
