import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { copied, type DatabaseUrls } from '@comanda/auditor';
import { DATABASE_OWNERS, type DatabaseName, perDatabase } from '@comanda/contracts';
import { until } from '@comanda/kit';
import {
  type Platform,
  type PlatformOptions,
  type PostgresServer,
  type RabbitMqServer,
  type RedisServer,
  type Server,
  startPlatform,
  startPostgres,
  startRabbitMq,
  startRedis,
} from '@comanda/local-infra';
import Sqlite from 'better-sqlite3';
import { z } from 'zod';
import { Api, CUSTOMER, PATIENCE_MS, STAFF } from './api.js';
import { WebhookReceiver } from './webhook-receiver.js';

const DEMO_PRODUCTS = 13;

/** Fast and exact, unless a test says otherwise. */
const TEST_ENVIRONMENT = {
  COMANDA_DEMO: 'true',
  LOG_LEVEL: 'warn',
  RATE_LIMIT_PER_MINUTE: '0',
  // A busy machine must not let through what is to be refused at once.
  PRODUCT_LOOK_UP_MS: '5000',
  PAYMENT_SIM_LATENCY_MS: '0',
  WEBHOOK_ALLOW_PRIVATE_HOSTS: 'true',
  // Also shortens the lease under which a delivery runs, and with it the wait after a kill -9.
  WEBHOOK_TIMEOUT_MS: '2000',
};

export interface InstallationOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly instances?: Partial<Record<DatabaseName, number>>;
  /** The services keep their books on a private PostgreSQL, each in a schema of its own, instead of in SQLite files. */
  readonly onPostgres?: boolean;
  /** Where everything is kept, also afterwards; left out: a temporary folder that goes with the installation. */
  readonly directory?: string;
  /** Hears every line that a service or server writes. */
  readonly onLine?: (process: string, line: string) => void;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
}

const Created = z.object({ subscriptionId: z.string() });

/**
 * A whole Comanda of our own: RabbitMQ, Redis, the five services with the demo data, and a witness: a webhook
 * subscription to every event that stands from before the first order, so that the books can be checked against
 * what the outside was told.
 */
export class Installation {
  customer = new Api('');
  staff = new Api('');
  readonly witness: { readonly subscriptionId: string; readonly receiver: WebhookReceiver };

  private constructor(
    readonly directory: string,
    readonly rabbit: RabbitMqServer,
    readonly redis: RedisServer,
    private readonly server: PostgresServer | undefined,
    public platform: Platform,
    receiver: WebhookReceiver,
    private readonly options: InstallationOptions,
    private readonly receivers: WebhookReceiver[] = [receiver],
  ) {
    this.witness = { subscriptionId: '', receiver };
  }

  static async start(options: InstallationOptions = {}): Promise<Installation> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'comanda-test-'));
    const undo: (() => Promise<unknown>)[] = [];
    try {
      const keep = async <S extends { stop(): Promise<unknown> }>(starting: Promise<S>): Promise<S> => {
        const started = await starting;
        undo.push(() => started.stop());
        return started;
      };
      const own = async <S extends Server>(starting: Promise<S>): Promise<S> => {
        const server = await starting;
        undo.push(() => server.discard());
        return server;
      };
      const [rabbit, redis, receiver, postgres] = await Promise.all([
        own(startRabbitMq({ directory: join(directory, 'rabbitmq'), ...spawned(options, 'rabbitmq') })),
        own(startRedis({ directory: join(directory, 'redis'), ...spawned(options, 'redis') })),
        keep(WebhookReceiver.start()),
        options.onPostgres ? own(startPostgres({ directory: mkdtempSync(BESIDE), fsync: true })) : undefined,
      ]);
      const platform = await keep(
        startPlatform(platformOptions({ directory, rabbit, redis, postgres, options, env: {} })),
      );
      const installation = new Installation(directory, rabbit, redis, postgres, platform, receiver, options);
      await installation.#open();
      return installation;
    } catch (error) {
      for (const end of undo.reverse()) await end();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Stops all services and starts them again on the same data, with other settings on top. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.platform.stop();
    const { directory, rabbit, redis, server: postgres, options } = this;
    this.platform = await startPlatform({
      ...platformOptions({ directory, rabbit, redis, postgres, options, env }),
      ports: this.platform.ports,
    });
    await this.#logIn();
  }

  async stop(): Promise<void> {
    // A receiver that hangs would keep the publisher from ending.
    for (const receiver of this.receivers) receiver.behave({ kind: 'ok' });
    await this.platform.stop();
    await Promise.all([
      this.rabbit.discard(),
      this.redis.discard(),
      this.server?.discard(),
      ...this.receivers.map((receiver) => receiver.stop()),
    ]);
    if (this.server) rmSync(this.server.directory, { recursive: true, force: true });
    if (this.options.directory === undefined) rmSync(this.directory, { recursive: true, force: true });
  }

  /** The PostgreSQL, where the services keep their books on one. */
  get postgres(): PostgresServer {
    if (!this.server) throw new Error('this installation keeps its books in SQLite files');
    return this.server;
  }

  /** Where the services keep their books, as they are configured. */
  get databaseEnvironment(): Record<string, string> {
    return onPostgres(this.postgres);
  }

  /** Makes what `rows`, `database` and the books show as new as the services' databases: SQLite files always are. */
  async refresh(): Promise<void> {
    if (!this.server) return;
    const folder = join(this.directory, 'data');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    await copied(schemasOn(this.server), folder);
  }

  /** A look into a service's database: what is committed, nothing can be changed. */
  database(name: DatabaseName): Sqlite.Database {
    return new Sqlite(join(this.directory, 'data', `${name}.db`), { readonly: true, timeout: 10_000 });
  }

  /** One look: opened, asked, closed. */
  rows<Row>(name: DatabaseName, statement: string, ...parameters: unknown[]): Row[] {
    const database = this.database(name);
    try {
      return database.prepare<unknown[], Row>(statement).all(...parameters);
    } finally {
      database.close();
    }
  }

  /** One look at what is committed now. */
  async look<Row>(name: DatabaseName, statement: string, ...parameters: unknown[]): Promise<Row[]> {
    await this.refresh();
    return this.rows(name, statement, ...parameters);
  }

  /** Changes a service's database behind its back, as a lost disk or a bug would; how many rows. */
  tamper(name: DatabaseName, statement: string): number {
    const database = new Sqlite(join(this.directory, 'data', `${name}.db`), { timeout: 10_000 });
    try {
      return database.prepare(statement).run().changes;
    } finally {
      database.close();
    }
  }

  /** A receiver and its subscription; it ends with the installation. */
  async subscribe(
    eventTypes: readonly string[],
    receiver?: WebhookReceiver,
  ): Promise<{ subscriptionId: string; receiver: WebhookReceiver }> {
    const listening = receiver ?? (await WebhookReceiver.start());
    if (!this.receivers.includes(listening)) this.receivers.push(listening);
    const { url: target, secret } = listening;
    const answer = await this.staff.post('/subscriptions', {
      channel: 'webhook',
      target,
      eventTypes,
      secret,
    });
    if (answer.status !== 201)
      throw new Error(`the subscription was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    const { subscriptionId } = Created.parse(answer.body);
    return { subscriptionId, receiver: listening };
  }

  /** The last lines of each service's log, for the message of a test that failed. */
  logs(lines = 8): string {
    return [...this.platform.services]
      .map(([name, process]) => `--- ${name}\n${process.tail(lines).join('\n')}`)
      .join('\n');
  }

  async #logIn(): Promise<void> {
    this.customer = await Api.logIn(this.platform.url, CUSTOMER.email);
    this.staff = await Api.logIn(this.platform.url, STAFF.email);
  }

  /** The demo data come by messages, shortly after the services are ready. */
  async #open(): Promise<void> {
    await this.#logIn();
    await until(
      'the demo catalogue is known to products-service and orders-service',
      async () => {
        await this.refresh();
        const products = this.rows<{ n: number }>('products', 'SELECT count(*) AS n FROM products')[0]?.n;
        const prices = this.rows<{ n: number }>('orders', 'SELECT count(*) AS n FROM prices')[0]?.n;
        return products === DEMO_PRODUCTS && prices === DEMO_PRODUCTS;
      },
      PATIENCE_MS,
    );
    const { subscriptionId } = await this.subscribe(['*'], this.witness.receiver);
    Object.assign(this.witness, { subscriptionId });
  }
}

/** PostgreSQL does not run as root: its folder is one that another user can reach. */
const BESIDE = join(tmpdir(), 'comanda-test-postgres-');

/** A schema for each service. */
const schemasOn = ({ url }: PostgresServer): DatabaseUrls =>
  perDatabase(({ alias }) => `${url}?schema=${alias}`);

function onPostgres(server: PostgresServer): Record<string, string> {
  const urls = schemasOn(server);
  return Object.fromEntries(DATABASE_OWNERS.map(({ alias, database }) => [database.variable, urls[alias]]));
}

const spawned = ({ onLine, ownGroup }: InstallationOptions, name: string) => ({
  ...(onLine !== undefined && { onLine: (line: string) => onLine(name, line) }),
  ...(ownGroup !== undefined && { ownGroup }),
});

function platformOptions(of: {
  directory: string;
  rabbit: RabbitMqServer;
  redis: RedisServer;
  postgres: PostgresServer | undefined;
  options: InstallationOptions;
  env: Readonly<Record<string, string>>;
}): PlatformOptions {
  const { instances, env, onLine, ownGroup } = of.options;
  // COMANDA_TEST_ROOT runs the tests against another build of the services: one with a fault put in, say.
  const root = process.env.COMANDA_TEST_ROOT;
  return {
    directory: join(of.directory, 'data'),
    rabbitUrl: of.rabbit.url,
    redisUrl: of.redis.url,
    readyTimeoutMs: PATIENCE_MS,
    env: { ...TEST_ENVIRONMENT, ...(of.postgres && onPostgres(of.postgres)), ...env, ...of.env },
    ...(instances !== undefined && { instances }),
    ...(onLine !== undefined && { onLine }),
    ...(ownGroup !== undefined && { ownGroup }),
    ...(root !== undefined && { root: resolve(root) }),
  };
}
