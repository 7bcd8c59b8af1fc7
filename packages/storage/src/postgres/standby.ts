import { setTimeout as pause } from 'node:timers/promises';
import { type Logger, messageOf } from '@comanda/kit';
import { z } from 'zod';
import { statement } from '../statement.js';
import type { Reader } from '../store.js';
import { Freshness, positionOf } from './freshness.js';
import { ReadingPool } from './reading-pool.js';
import { clientSettings, postgresUrlOf, READS_ONLY } from './url.js';

/** What is further behind is not asked. */
const MOST_BEHIND_MS = 2_000;
const LOOK_EVERY_MS = 500;
const READERS = 4;
/** Whoever asks waits two seconds at most, and the primary must still have its turn. */
const CONNECT_MS = 500;
const STATEMENT_MS = 700;
const ANSWER_MS = 1_000;

const NOT_YET = 'it was not asked yet';
const BEHIND = `it is more than ${MOST_BEHIND_MS / 1_000} s behind`;

/** What is flushed has all that was committed: `synchronous_commit` is on. The incarnation says which database it is. */
const WRITTEN = statement('SELECT pg_current_wal_flush_lsn()::text AS position, id FROM incarnation');
const REPLAYED = statement(
  `SELECT pg_is_in_recovery() AS follows, coalesce(pg_last_wal_replay_lsn()::text, '0/0') AS position, id FROM incarnation`,
);

const Written = z.tuple([z.object({ position: z.string(), id: z.string() })]);
const Replayed = z.tuple([z.object({ follows: z.boolean(), position: z.string(), id: z.string() })]);

interface Options {
  /** Of the same tables. */
  readonly primary: Pick<Reader, 'read'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Milliseconds that only grow. */
  readonly clock?: () => number;
}

/** A copy of a service's database that may be asked what need not be of this moment, as long as it keeps up. */
export class Standby {
  readonly #pool: ReadingPool;
  readonly #freshness = new Freshness(MOST_BEHIND_MS);
  readonly #closing = new AbortController();
  readonly #looks: Promise<void>;
  #reason: string | undefined = NOT_YET;

  /**
   * Begins to look whether it keeps up, and asks it nothing before.
   *
   * @param url `postgres://user:password@host:port/database?schema=name`
   */
  constructor(
    url: string,
    private readonly options: Options,
  ) {
    this.#pool = new ReadingPool({
      ...clientSettings(postgresUrlOf(url), READS_ONLY),
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      query_timeout: ANSWER_MS,
      max: READERS,
    });
    this.#looks = this.#look();
  }

  /** Why it is not to be asked at the moment, if so. */
  get outReason(): string | undefined {
    return this.#reason ?? (this.#freshness.isWithin(MOST_BEHIND_MS, this.#now()) ? undefined : BEHIND);
  }

  /** What is this tenant's, as it was at most two seconds ago. */
  of(tenant: string): Reader {
    return this.#pool.reader([tenant]);
  }

  /** It did not answer, and is not asked again before a look at it goes well. */
  failed(error: unknown): void {
    this.#becomes(messageOf(error));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looks;
    await this.#pool.end();
  }

  async #look(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      this.#becomes(await this.#compared().catch((error: unknown) => messageOf(error)));
      await pause(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined); // closing
    }
  }

  /** Why it can't be asked, if so. */
  async #compared(): Promise<string | undefined> {
    const at = this.#now();
    const [primary] = Written.parse(await this.options.primary.read(WRITTEN));
    this.#freshness.written(at, positionOf(primary.position));
    const [standby] = Replayed.parse(await this.#pool.reader([]).read(REPLAYED));
    if (!standby.follows) return 'it follows no primary';
    if (standby.id !== primary.id) return 'it is the standby of another database';
    this.#freshness.replayed(positionOf(standby.position));
    return this.#freshness.isWithin(MOST_BEHIND_MS, this.#now()) ? undefined : BEHIND;
  }

  #becomes(reason: string | undefined): void {
    const before = this.#reason;
    this.#reason = reason;
    if (reason === undefined && before !== undefined)
      this.options.logger.info({}, 'lists are read from the standby');
    if (reason !== undefined && (before === undefined || before === NOT_YET))
      this.options.logger.warn({ reason }, 'lists are read from the primary: the standby is not fit');
  }

  #now(): number {
    return (this.options.clock ?? (() => performance.now()))();
  }
}
