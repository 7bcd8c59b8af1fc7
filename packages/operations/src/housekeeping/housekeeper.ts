import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@comanda/kit';
import type { Retention } from '@comanda/storage';
import { type Database, EVERY_TENANT } from '@comanda/storage';
import { metrics } from '../metrics.js';

const DAY_MS = 24 * 3_600_000;
/** So many rows go in some milliseconds, which is the longest that an order waits for the housekeeping. */
const BATCH = 500;
/** A batch is followed by a rest this many times as long: a tenth of the time of a busy database at most. */
const REST = 9;
/** Instances that were started together don't clean together. */
const JITTER = 0.2;

export interface HousekeeperOptions {
  readonly database: Database;
  readonly retentions: readonly Retention[];
  /** From the start to the first round, and from the end of each to the next, give or take a fifth. */
  readonly everySeconds: number;
  readonly clock: () => Date;
  readonly logger: Logger;
}

/**
 * Removes what has been kept long enough, now and then, in batches so small that no other writer waits for it: each
 * takes its place in the line of writers, and all that wait meanwhile go before the next one. Several instances on one
 * database may do so at once.
 */
export class Housekeeper {
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(private readonly options: HousekeeperOptions) {}

  start(): void {
    const { everySeconds } = this.options;
    const delay = everySeconds * 1000 * (1 - JITTER + 2 * JITTER * Math.random());
    this.#timer = setTimeout(() => {
      void this.clean().then(() => this.#stopping.signal.aborted || this.start());
    }, delay).unref();
  }

  /** Removes all that is old now; resolves when nothing of it is left or when it is stopped. Never rejects. */
  clean(): Promise<void> {
    this.#round = this.#cleanAll();
    return this.#round;
  }

  /** Begins nothing new; resolves when the batch that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #cleanAll(): Promise<void> {
    for (const retention of this.options.retentions) {
      try {
        await this.#apply(retention);
      } catch (error) {
        this.options.logger.warn(
          { what: retention.what, error: String(error) },
          'old rows could not be removed, trying again later',
        );
      }
    }
  }

  async #apply(retention: Retention): Promise<void> {
    const { database, clock, logger } = this.options;
    const { signal } = this.#stopping;
    const { what, keptDays } = retention;
    const before = new Date(clock().getTime() - keptDays * DAY_MS).toISOString();
    let removed = 0;
    for (let more = true; more && !signal.aborted; ) {
      let took = 0;
      const count = await database.transaction(async (sql) => {
        const begun = performance.now(); // not before: the wait for our turn is no work
        const gone = await retention.remove(sql, { before, limit: BATCH });
        took = performance.now() - begun;
        return gone;
      }, EVERY_TENANT);
      metrics.housekeeping.inc({ what }, count);
      removed += count;
      more = count >= BATCH;
      // Ended early by stop(), which the loop then sees.
      if (more) await pause(took * REST, undefined, { ref: false, signal }).catch(() => undefined);
    }
    if (removed > 0) logger.info({ what, removed, keptDays }, 'old rows removed');
  }
}
