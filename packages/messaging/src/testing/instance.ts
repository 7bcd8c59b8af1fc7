import { newId } from '@comanda/contracts';
import { type Database, EVERY_TENANT, statement } from '@comanda/storage';
import { openTestDatabase, RecordingLogger } from '@comanda/test-kit';
import type { Redis } from 'ioredis';
import { Messaging, type MessagingOptions } from '../messaging.js';
import { incarnationOf } from '../runtime/incarnation.js';
import { addOnCommand, countWhatHappens, createLedgerTables, SERVICE } from './ledger.js';

export type InstanceOptions = Partial<
  Omit<MessagingOptions, 'database' | 'rabbitUrl' | 'logger' | 'redis'>
> & {
  readonly rabbitUrl: string;
  readonly file: string;
  readonly redis?: Redis | undefined;
  /** Another one than that of the file; it is closed with the instance. */
  readonly database?: Database;
};

/** One instance of the test service, with what a test wants to know of it. */
export class Instance {
  readonly messaging: Messaging;
  #stopping: Promise<void> | undefined;

  private constructor(
    options: Omit<InstanceOptions, 'redis'>,
    readonly database: Database,
    readonly redis: MessagingOptions['redis'],
    readonly log: RecordingLogger,
  ) {
    const { file: _, database: __, ...rest } = options;
    this.messaging = new Messaging({
      service: SERVICE,
      redis,
      handlers: [countWhatHappens, addOnCommand],
      queries: [],
      work: [],
      retrySeconds: [1, 1, 2],
      ...rest,
      database,
      logger: this.log,
    });
  }

  /** Without waiting for the broker. */
  static async create(options: InstanceOptions): Promise<Instance> {
    const {
      file,
      redis: client,
      database = await openTestDatabase(file, [createLedgerTables]),
      ...rest
    } = options;
    const log = new RecordingLogger();
    const about = { service: SERVICE, database, logger: log };
    const redis = client && { client, incarnation: await incarnationOf({ ...about, redis: client }) };
    return new Instance({ ...rest, file }, database, redis, log);
  }

  static async start(options: InstanceOptions): Promise<Instance> {
    const instance = await Instance.create(options);
    await instance.messaging.ready();
    return instance;
  }

  /** Stops the traffic; the database stays open for questions until `close`. */
  stop(): Promise<void> {
    this.#stopping ??= this.messaging.stop();
    return this.#stopping;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.database.close();
  }

  /** Each time that a message took effect, in order. */
  async effects(): Promise<{ messageId: string; counter: string; before: number }[]> {
    const rows = await this.database.read(
      statement('SELECT message_id, counter, before FROM effects ORDER BY position'),
    );
    return rows.map((row) => ({
      messageId: String(row.message_id),
      counter: String(row.counter),
      before: Number(row.before),
    }));
  }

  async count(name: string): Promise<number> {
    const [row] = await this.database.read(statement('SELECT count FROM counters WHERE name = $1'), name);
    return Number(row?.count ?? 0);
  }

  async rows(table: 'inbox' | 'outbox' | 'work' | 'effects'): Promise<number> {
    const [row] = await this.database.acrossTenants.read(statement(`SELECT count(*) AS n FROM ${table}`));
    return Number(row?.n);
  }

  /** Writes work into the database as if a transaction had left it there. */
  async leave(work: readonly { id: string; dueAt?: Date; counter?: string; key?: string }[]): Promise<void> {
    await this.database.transaction(
      (transaction) =>
        transaction.putWork(
          work.map(({ id, dueAt = new Date(0), counter = 'a', key = '' }) => ({
            kind: 'test.job',
            id,
            tenantId: 'default',
            key,
            dueAt: dueAt.toISOString(),
            attempt: 0,
            fence: 1,
            payload: { counter },
            cause: { id: newId(), tenantid: 'default', correlationid: 'test' },
          })),
        ),
      EVERY_TENANT,
    );
  }
}
