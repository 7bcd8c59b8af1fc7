import { Gatherer } from '@comanda/kit';
import { type Database, keepSent, type Sql } from '@comanda/storage';
import type { KeptCommands } from './kept-commands.js';

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

  /** @param kept goes with each commit: an answer that is remembered has its command kept */
  constructor(
    private readonly database: Database,
    private readonly kept?: Pick<KeptCommands, 'take' | 'giveBack'>,
  ) {}

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
    const kept = this.kept?.take() ?? [];
    try {
      await this.database.transaction(async (sql) => {
        if (kept.length > 0) await keepSent(sql, kept, new Date().toISOString());
        for (const { work } of batch) await work(sql);
      }, tenants);
      for (const { committed } of batch) committed();
    } catch (error) {
      this.kept?.giveBack(kept);
      for (const { failed } of batch) failed(error);
    }
  }
}
