import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { copied, type DatabaseUrls, databasesIn } from '@comanda/auditor';
import {
  type BrokerAccount,
  DATABASE_OWNERS,
  type DatabaseName,
  type OrderView,
  ProductView,
  perDatabase,
  type ServiceName,
} from '@comanda/contracts';
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
import { postgresSnapshot } from '@comanda/storage';
import { freshVhost, type Vhost } from '@comanda/test-kit';
import Sqlite from 'better-sqlite3';
import { z } from 'zod';
import { Api, CUSTOMER, STAFF } from './api.js';
import {
  brokerUrlOf,
  databaseSettings,
  makeBrokerUsers,
  makePostgresRoles,
  schemaUrlOf,
} from './own-users.js';
import { PostgresPair } from './postgres-pair.js';
import { PATIENCE_MS, until } from './until.js';
import { WebhookReceiver } from './webhook-receiver.js';
import { Wire } from './wire.js';

const DEMO_PRODUCTS = 13;

/** Fast and exact, unless a test says otherwise. */
const TEST_ENVIRONMENT = {
  COMANDA_DEMO: 'true',
  REDIS_PREFIX: 'tests:',
  LOG_LEVEL: 'warn',
  RATE_LIMIT_PER_MINUTE: '0',
  AUTH_RATE_LIMIT_PER_MINUTE: '0',
  // A busy machine must not let through what is to be refused at once.
  PRODUCT_LOOK_UP_MS: '5000',
  PAYMENT_SIM_LATENCY_MS: '0',
  // Also shortens the lease under which a delivery runs, and with it the wait after a kill -9.
  WEBHOOK_TIMEOUT_MS: '2000',
};

export interface InstallationOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly instances?: Partial<Record<DatabaseName, number>>;
  /** The services keep their books on a private PostgreSQL, each in a schema of its own, instead of in SQLite files. */
  readonly onPostgres?: boolean;
  /** It has a standby, which can take its place: `PostgresPair`. */
  readonly standby?: boolean;
  /**
   * Each service has a user of its own on RabbitMQ and, where they are on one, on PostgreSQL, as an operator makes them;
   * the RabbitMQ is their own.
   */
  readonly ownUsers?: boolean;
  /** Where everything is kept, also afterwards; left out: a temporary folder that goes with the installation. */
  readonly directory?: string;
  /** A RabbitMQ of its own, which may be stopped, killed and set; left out: a vhost of the one that the tests share. */
  readonly ownBroker?: boolean;
  /** One that whoever starts the installation starts and ends, instead. */
  readonly broker?: Vhost;
  /** Is called with every line that a service or server writes. */
  readonly onLine?: (process: string, line: string) => void;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
  /** `wire` sees every message that is published from the start on. */
  readonly tapped?: boolean;
  /** The folder with the services, built; this repository when left out. */
  readonly root?: string;
}

interface Witness {
  readonly subscriptionId: string;
  readonly receiver: WebhookReceiver;
}

/** Two instances of each service behind the gateway. */
export const TWO_OF_EACH = { products: 2, orders: 2, payments: 2, webhooks: 2 };

/** What an installation consists of while it runs. */
interface Running {
  readonly options: InstallationOptions;
  readonly directory: string;
  readonly broker: RabbitMqServer | Vhost;
  readonly redis: RedisServer;
  readonly postgres: PostgresServer | undefined;
  readonly platform: Platform;
}

/** With a secret, or with a public key. */
const CreatedSubscription = z.union([
  z.object({ subscriptionId: z.string(), secret: z.string(), publicKey: z.undefined().optional() }),
  z.object({ subscriptionId: z.string(), secret: z.undefined().optional(), publicKey: z.string() }),
]);

/**
 * A whole Comanda of our own: RabbitMQ, Redis, the five services with the demo data, and a witness: a webhook
 * subscription to every event that stands from before the first order, so that the books can be checked against
 * what subscribers got. Until it is started, and after it was stopped, it has only its empty `accepted` and `wire`.
 */
export class Installation {
  customer = new Api('');
  staff = new Api('');
  readonly wire = new Wire();
  /** Ids of the orders that were answered 202. */
  readonly accepted: string[] = [];
  #running: Running | undefined;
  #witness: Witness | undefined;
  readonly #receivers: WebhookReceiver[] = [];

  static async start(options: InstallationOptions = {}): Promise<Installation> {
    const installation = new Installation();
    await installation.start(options);
    return installation;
  }

  async start(options: InstallationOptions = {}): Promise<void> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'comanda-test-'));
    const undo: (() => Promise<unknown>)[] = [];
    try {
      const keep = async <S extends { stop(): Promise<unknown> }>(starting: Promise<S>): Promise<S> => {
        const started = await starting;
        undo.push(() => started.stop());
        return started;
      };
      const own = async <S extends Pick<Server, 'discard'>>(starting: Promise<S>): Promise<S> => {
        const server = await starting;
        undo.push(() => server.discard());
        return server;
      };
      const [broker, redis, receiver, postgres] = await Promise.all([
        options.ownBroker || options.ownUsers
          ? own(startRabbitMq({ directory: join(directory, 'rabbitmq'), ...spawned(options, 'rabbitmq') }))
          : (options.broker ?? freshVhost()),
        own(startRedis({ directory: join(directory, 'redis'), ...spawned(options, 'redis') })),
        keep(WebhookReceiver.start()),
        options.onPostgres ? own<PostgresServer>(booksOn(mkdtempSync(BESIDE), options)) : undefined,
      ]);
      if (options.ownUsers && isOwn(broker))
        await Promise.all([makeBrokerUsers(broker), postgres && makePostgresRoles(postgres)]);
      const servers = { options, directory, broker, redis, postgres };
      this.#running = { ...servers, platform: await keep(startPlatform(platformOptions(servers))) };
      if (options.tapped) await this.wire.open(broker.url);
      await this.#open(receiver);
    } catch (error) {
      this.#running = undefined;
      await this.wire.close();
      for (const end of undo.reverse()) await end();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Stops all services and starts them again on the same data, with other settings on top. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const running = this.#now;
    const { ports } = running.platform;
    await running.platform.stop();
    this.#running = {
      ...running,
      platform: await startPlatform({ ...platformOptions(running, env), ports }),
    };
    await this.#logIn();
  }

  /**
   * Every service is killed, and all that they and the broker have is lost; Redis and the subscribers stay as they are. Then
   * the services start with what `restore` has brought back, and with a broker in which nothing is. Tokens hold as before.
   */
  async loseAll(restore: () => Promise<unknown>): Promise<void> {
    const running = this.#now;
    const { platform, directory, postgres } = running;
    await Promise.all([...platform.services.keys()].map((name) => platform.kill(name)));
    rmSync(join(directory, 'data'), { recursive: true, force: true });
    for (const { alias } of postgres ? DATABASE_OWNERS : [])
      await postgres?.admin(`DROP SCHEMA ${alias} CASCADE`);
    const broker = await anotherBroker(running);
    this.#running = { ...running, broker };
    await restore();
    await this.refresh();
    for (const receiver of this.#receivers) receiver.forgetAllBut(this.#eventsInBooks());
    const { ports } = platform;
    this.#running = {
      ...this.#now,
      platform: await startPlatform({ ...platformOptions(this.#now), ports }),
    };
  }

  /** Nothing happens where it was never started. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    const { options, directory, broker, redis, postgres, platform } = this.#running;
    // A receiver that hangs would keep the publisher from ending.
    for (const receiver of this.#receivers) receiver.behave({ kind: 'ok' });
    await this.wire.close();
    await platform.stop();
    await Promise.all([
      isOwn(broker) ? broker.discard() : undefined,
      redis.discard(),
      postgres?.discard(),
      ...this.#receivers.map((receiver) => receiver.stop()),
    ]);
    if (postgres) rmSync(postgres.directory, { recursive: true, force: true });
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    this.#running = undefined;
  }

  get directory(): string {
    return this.#now.directory;
  }

  get brokerUrl(): string {
    return this.#now.broker.url;
  }

  /** The RabbitMQ, where it is all ours; its address is `brokerUrl`, as for all installations. */
  get rabbit(): Omit<RabbitMqServer, 'url'> {
    const { broker } = this.#now;
    if (!isOwn(broker)) throw new Error('this installation shares its RabbitMQ: ask for ownBroker');
    return broker;
  }

  get redis(): RedisServer {
    return this.#now.redis;
  }

  get platform(): Platform {
    return this.#now.platform;
  }

  get witness(): Witness {
    if (!this.#witness) throw new Error('the installation was not started');
    return this.#witness;
  }

  /** The PostgreSQL, where the services keep their books on one. */
  get postgres(): PostgresServer {
    const { postgres } = this.#now;
    if (!postgres) throw new Error('this installation keeps its books in SQLite files');
    return postgres;
  }

  get postgresPair(): PostgresPair {
    const { postgres } = this.#now;
    if (!(postgres instanceof PostgresPair)) throw new Error('this installation has no standby: ask for it');
    return postgres;
  }

  /** Where the services keep their books, for one who reads them all. */
  get databaseEnvironment(): Record<string, string> {
    const { options, directory, postgres } = this.#now;
    if (!postgres) return settingsFor(databasesIn(join(directory, 'data')));
    return options.ownUsers ? databaseSettings(postgres, 'auditor') : settingsFor(schemasOn(postgres));
  }

  /** The broker, for a service or for the operators' commands. */
  brokerUrlFor(account: BrokerAccount): string {
    const { options, broker } = this.#now;
    return options.ownUsers ? brokerUrlOf(broker.url, account) : broker.url;
  }

  /** Makes what `rows`, `database` and the books show as new as the services' databases: SQLite files always are. */
  async refresh(): Promise<void> {
    const { postgres } = this.#now;
    if (!postgres) return;
    const folder = join(this.directory, 'data');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await copied(urlsToRead(this.#now.options, postgres), folder);
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

  /** Whether nobody has the lock of a SQLite file at this moment. */
  isWritable(name: DatabaseName): boolean {
    const database = new Sqlite(join(this.directory, 'data', `${name}.db`), { timeout: 0 });
    try {
      database.exec('BEGIN IMMEDIATE; ROLLBACK');
      return true;
    } catch (error) {
      // Not by its class: the library keeps the one of the test file that loaded it first.
      if (String(Object(error).code).startsWith('SQLITE_BUSY')) return false;
      throw error;
    } finally {
      database.close();
    }
  }

  /** Writes to a SQLite file as another process would, and does not end before what it gives is called. */
  lock(name: DatabaseName): () => void {
    const database = new Sqlite(join(this.directory, 'data', `${name}.db`), { timeout: 10_000 });
    database.exec('BEGIN IMMEDIATE');
    return () => database.close();
  }

  /** One look at what is committed now. */
  async look<Row>(name: DatabaseName, statement: string, ...parameters: unknown[]): Promise<Row[]> {
    await this.refresh();
    return this.rows(name, statement, ...parameters);
  }

  /** Whether an order has not ended yet, asked where it is cheap: a copy of a PostgreSQL takes as long as many orders. */
  async hasOpenOrders(): Promise<boolean> {
    const { options, postgres } = this.#now;
    const open = `SELECT 1 AS found FROM orders WHERE status IN ('PENDING', 'AWAITING_PAYMENT') LIMIT 1`;
    if (!postgres) return this.rows('orders', open).length > 0;
    let found = false;
    await postgresSnapshot(urlsToRead(options, postgres).orders, async (query) => {
      found = (await query(open)).length > 0;
    });
    return found;
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
    { signature }: { readonly signature?: 'v1a' } = {},
  ): Promise<{ subscriptionId: string; receiver: WebhookReceiver }> {
    const listening = receiver ?? (await WebhookReceiver.start());
    if (!this.#receivers.includes(listening)) this.#receivers.push(listening);
    const { url: target, secret } = listening;
    const answer = await this.staff.post('/subscriptions', {
      channel: 'webhook',
      target,
      eventTypes,
      ...(signature === undefined ? { secret } : { signature }),
    });
    if (answer.status !== 201)
      throw new Error(`the subscription was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    const { subscriptionId, publicKey } = CreatedSubscription.parse(answer.body);
    listening.publicKey = publicKey;
    return { subscriptionId, receiver: listening };
  }

  /** Places an order that must be accepted, as the customer, and gives its id. */
  async place(order: object, headers?: Record<string, string>): Promise<string> {
    const orderId = await this.customer.place(order, headers);
    this.accepted.push(orderId);
    return orderId;
  }

  /** Places an order, and gives what it ended as. */
  async placed(order: object): Promise<OrderView> {
    return await this.customer.ended(await this.place(order));
  }

  /** Waits until orders-service, which learns prices only by events, has this one. */
  async listed(productId: string, price: number, active = true): Promise<void> {
    const known = 'SELECT 1 FROM prices WHERE product_id = ? AND price = ? AND active = ?';
    await until(
      `the price list has ${price} for ${productId}`,
      async () => (await this.look('orders', known, productId, price, active ? 1 : 0)).length === 1,
    );
  }

  /** A product of its own for a test, which can be ordered at once; its id. */
  async product(sku: string, more: object): Promise<string> {
    const body = { sku, name: sku, price: 100, currency: 'EUR', ...more };
    const answer = await this.staff.post('/products', body);
    if (answer.status !== 201)
      throw new Error(`the product was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    const { productId, price, active } = ProductView.parse(answer.body);
    await this.listed(productId, price, active);
    return productId;
  }

  /** The last lines of each service's log, for the message of a test that failed. */
  logs(lines = 8): string {
    return [...this.platform.services]
      .map(([name, process]) => `--- ${name}\n${process.tail(lines).join('\n')}`)
      .join('\n');
  }

  get #now(): Running {
    if (!this.#running) throw new Error('the installation does not run');
    return this.#running;
  }

  #eventsInBooks(): ReadonlySet<string> {
    const events = this.rows<{ event_id: string }>('webhooks', 'SELECT event_id FROM events');
    return new Set(events.map(({ event_id }) => event_id));
  }

  async #logIn(): Promise<void> {
    this.customer = await Api.logIn(this.platform.url, CUSTOMER.email);
    this.staff = await Api.logIn(this.platform.url, STAFF.email);
  }

  /** The demo data come by messages, shortly after the services are ready. */
  async #open(receiver: WebhookReceiver): Promise<void> {
    await this.#logIn();
    await until('the demo catalogue is known to products-service and orders-service', async () => {
      await this.refresh();
      const products = this.rows<{ n: number }>('products', 'SELECT count(*) AS n FROM products')[0]?.n;
      const prices = this.rows<{ n: number }>('orders', 'SELECT count(*) AS n FROM prices')[0]?.n;
      return products === DEMO_PRODUCTS && prices === DEMO_PRODUCTS;
    });
    this.#witness = await this.subscribe(['*'], receiver);
  }
}

/** PostgreSQL does not run as root: its folder is one that another user can reach. */
const BESIDE = join(tmpdir(), 'comanda-test-postgres-');

function booksOn(directory: string, options: InstallationOptions): Promise<PostgresServer> {
  const { standby, ownUsers, ownGroup } = options;
  const server = { directory, ...(ownGroup !== undefined && { ownGroup }) };
  return standby
    ? PostgresPair.start(server)
    : // `psql` reads its file there.
      startPostgres({ ...server, fsync: true, ...(ownUsers && { runAs: 'process' as const }) });
}

/** A schema for each service. */
const schemasOn = ({ url }: PostgresServer): DatabaseUrls =>
  perDatabase(({ alias }) => `${url}?schema=${alias}`);

const urlsToRead = ({ ownUsers }: InstallationOptions, server: PostgresServer): DatabaseUrls =>
  ownUsers ? perDatabase(({ alias }) => schemaUrlOf(server, alias, 'auditor')) : schemasOn(server);

const settingsFor = (urls: DatabaseUrls): Record<string, string> =>
  Object.fromEntries(DATABASE_OWNERS.map(({ alias, database }) => [database.variable, urls[alias]]));

/** A broker in which nothing is, in the place of one that was killed with all that it held. */
async function anotherBroker({ broker, directory }: Running): Promise<Running['broker']> {
  if (!isOwn(broker)) return freshVhost();
  await broker.kill();
  await broker.discard();
  return startRabbitMq({ directory: mkdtempSync(join(directory, 'rabbitmq-')) });
}

/** Lists are read from a standby, where there is one. */
const readsOn = (server: PostgresServer): Record<string, string> =>
  server instanceof PostgresPair
    ? Object.fromEntries(
        (['orders', 'products', 'webhooks'] as const).map((alias) => [
          `${alias.toUpperCase()}_READS_URL`,
          schemasOn(server.standby)[alias],
        ]),
      )
    : {};

const isOwn = (broker: Running['broker']): broker is RabbitMqServer => 'ctl' in broker;

const spawned = ({ onLine, ownGroup }: InstallationOptions, name: string) => ({
  ...(onLine !== undefined && { onLine: (line: string) => onLine(name, line) }),
  ...(ownGroup !== undefined && { ownGroup }),
});

/** A service's own users in its settings. */
function ownSettings(
  service: ServiceName,
  { broker, postgres }: Pick<Running, 'broker' | 'postgres'>,
): Record<string, string> {
  const owner = DATABASE_OWNERS.find(({ name }) => name === service);
  return {
    RABBITMQ_URL: brokerUrlOf(broker.url, service),
    ...(postgres && owner && { [owner.database.variable]: schemaUrlOf(postgres, owner.alias) }),
  };
}

function platformOptions(
  servers: Omit<Running, 'platform'>,
  more: Readonly<Record<string, string>> = {},
): PlatformOptions {
  const { options, directory, broker, redis, postgres } = servers;
  const { instances, env, onLine, ownGroup } = options;
  // COMANDA_TEST_ROOT runs the tests against another build of the services: one with a fault put in, say.
  const root = options.root ?? process.env.COMANDA_TEST_ROOT;
  return {
    directory: join(directory, 'data'),
    rabbitUrl: broker.url,
    redisUrl: redis.url,
    readyTimeoutMs: PATIENCE_MS,
    env: {
      ...TEST_ENVIRONMENT,
      ...(postgres && { ...settingsFor(schemasOn(postgres)), ...readsOn(postgres) }),
      ...env,
      ...more,
    },
    ...(options.ownUsers && { envOf: (service: ServiceName) => ownSettings(service, servers) }),
    ...(instances !== undefined && { instances }),
    ...(onLine !== undefined && { onLine }),
    ...(ownGroup !== undefined && { ownGroup }),
    ...(root !== undefined && { root: resolve(root) }),
  };
}
