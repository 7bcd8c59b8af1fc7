import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@comanda/kit';
import type pg from 'pg';
import type { Migrations } from '../migration.js';
import { isCollision, isDeadlock } from '../outage.js';
import { type OutboxPage, OutboxRow } from '../outbox-row.js';
import { SqlTransaction } from '../sql-transaction.js';
import type { Parameter, Statement } from '../statement.js';
import { OUTBOX_PAGE } from '../statements/outbox.sql.js';
import {
  type Database,
  type DatabaseOptions,
  EVERY_TENANT,
  type RawRow,
  type Reader,
  type Tenants,
  type Transaction,
} from '../store.js';
import type { Row, RowByKey } from '../table.js';
import { WriteGate } from '../write-gate.js';
import { Pipeline, queryOf, send } from './pipeline.js';
import { prepareSchema } from './prepare-schema.js';
import { connected, literal, poolOf, ReadingPool } from './reading-pool.js';
import { BY_INDEX, clientSettings, type PostgresUrl, postgresUrlOf, READS_ONLY } from './url.js';

/** Queries of one process that run at the same time; as many connections, opened when they are needed. */
const READERS = 4;
/** How often a transaction is run again because others came first. Each time one of them got on, so it ends. */
const TRIES = 10;
/** Up to so long, and longer each time, the loser of a deadlock lets the others go first. */
const DEADLOCK_PAUSE_MS = 50;

/**
 * Opens a service's schema and brings its tables up to date: one connection that writes, a few that read.
 *
 * @throws FatalStartupError with one line when the server can't be reached, or the schema is another service's
 */
export async function openPostgres(
  url: string,
  migrations: { readonly common: Migrations; readonly own: Migrations },
  logger: Pick<Logger, 'warn'> | undefined,
  options: DatabaseOptions = {},
): Promise<Database> {
  const parsed = postgresUrlOf(url);
  await prepareSchema(parsed, migrations, logger);
  return new PostgresDatabase(parsed, options);
}

class PostgresDatabase implements Database {
  readonly #gate = new WriteGate();
  readonly #writer: pg.Pool;
  readonly #readers: ReadingPool;
  readonly acrossTenants: Reader;
  /** Of tables without a tenant. */
  readonly #nobodys: Reader;

  constructor(
    url: PostgresUrl,
    private readonly options: DatabaseOptions,
  ) {
    this.#writer = poolOf({ ...clientSettings(url, BY_INDEX), pipeline: true, max: 1 });
    this.#readers = new ReadingPool({ ...clientSettings(url, READS_ONLY), max: READERS });
    this.acrossTenants = this.#readers.reader(EVERY_TENANT);
    this.#nobodys = this.#readers.reader([]);
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>, tenants: Tenants = []): Promise<T> {
    return this.#gate.pass(async () => {
      for (let tries = 1; ; tries++) {
        try {
          return await this.#attempt(work, tenants);
        } catch (error) {
          if (tries === TRIES || !isCollision(error)) throw error;
          // A unique key is free to be read by now; the other side of a deadlock must go on before this one tries again.
          if (isDeadlock(error)) await pause(Math.random() * DEADLOCK_PAUSE_MS * tries);
        }
      }
    });
  }

  read(statement: Statement, ...parameters: readonly Parameter[]): Promise<RawRow[]> {
    return this.#nobodys.read(statement, ...parameters);
  }

  find<R extends Row>(row: RowByKey<R>): Promise<R | undefined> {
    return this.#nobodys.find(row);
  }

  async outboxPage({ after, before, limit }: OutboxPage): Promise<OutboxRow[]> {
    return (await this.read(OUTBOX_PAGE, after, before, limit)).map((row) => OutboxRow.parse(row));
  }

  of(tenant: string): Reader {
    return this.#readers.reader([tenant]);
  }

  async close(): Promise<void> {
    await this.#gate.pass(async () => {
      await this.#readers.end();
      await this.#writer.end();
    });
  }

  async #attempt<T>(work: (transaction: Transaction) => Promise<T>, tenants: Tenants): Promise<T> {
    const client = await connected(this.#writer);
    const pipeline = new Pipeline(client);
    let usable = false;
    try {
      // Waited for: should it fail, what is sent behind it would be committed statement by statement.
      await pipeline.ask({ text: `BEGIN; SET LOCAL comanda.tenants = ${literal(tenants)}` });
      const result = await work(
        new SqlTransaction(
          (statement, ...parameters) => pipeline.ask(queryOf(statement, parameters)),
          async (statement, ...parameters) => pipeline.send(queryOf(statement, parameters)),
          this.options.keepConfirmed,
        ),
      );
      pipeline.send({ text: 'COMMIT' });
      await pipeline.done();
      usable = true;
      return result;
    } catch (error) {
      usable = await send(client, { text: 'ROLLBACK' }).then(
        () => true,
        () => false, // the first error says more; the connection is closed, which undoes everything, too
      );
      throw error;
    } finally {
      client.release(!usable);
    }
  }
}
