import type { Database, Sql } from '@comanda/storage';

interface Waiting {
  readonly tenant: string;
  work(sql: Sql): Promise<void>;
  committed(): void;
  failed(error: unknown): void;
}

/**
 * Runs what arrives while a transaction is under way together in the next one: under load one commit serves many
 * requests, idle each has its own at once. Work that throws undoes its neighbours' too, so it must only throw when
 * the database itself fails.
 */
export class GroupCommit {
  #waiting: Waiting[] = [];
  #running = false;

  constructor(private readonly database: Database) {}

  /** Resolves when what `work` did for this tenant is committed. It may be run again before. */
  run<T>(tenant: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let done: { readonly result: T } | undefined;
      this.#waiting.push({
        tenant,
        work: async (sql) => {
          done = { result: await work(sql) };
        },
        committed: () => done && resolve(done.result),
        failed: reject,
      });
      if (!this.#running) void this.#commitAll();
    });
  }

  async #commitAll(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        const tenants = batch.map(({ tenant }) => tenant);
        await this.database.transaction(async (sql) => {
          for (const { work } of batch) await work(sql);
        }, tenants);
        for (const { committed } of batch) committed();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#running = false;
  }
}
