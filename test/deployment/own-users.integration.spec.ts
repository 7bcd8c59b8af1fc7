import { chownSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type BrokerAccount,
  DATABASE_OWNERS,
  EVENTS,
  type EventType,
  GetOrder,
  LIVE_SOURCES,
  newId,
  PaymentCompleted,
  type ServiceName,
  StockChanged,
} from '@comanda/contracts';
import { FatalStartupError, until, withTrustedCa } from '@comanda/kit';
import {
  freePort,
  type PostgresServer,
  type RabbitMqServer,
  type RedisServer,
  startPostgres,
  startRabbitMq,
  startRedis,
} from '@comanda/local-infra';
import { Broker, EventListener, HEADERS, Messaging, on, Requester } from '@comanda/messaging';
import { DeadLetterTraffic, OPERATIONS_MIGRATIONS } from '@comanda/operations';
import { connectRedis } from '@comanda/service-kit';
import { createMigration, type Database, openDatabase, postgresSnapshot, statement } from '@comanda/storage';
import { anEnvelope, RecordingLogger } from '@comanda/test-kit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type Certificates, makeCertificates } from '../support/certificates.js';
import { brokerUrlOf, makeBrokerUsers, makePostgresRoles, schemaUrlOf } from '../support/own-users.js';

/** Servers as an operator sets them up by deploy/: a user for each service on each of them, and TLS. */
const HBA = resolve(import.meta.dirname, '../../deploy/postgres/pg_hba.conf');
const HOST = 'localhost';

// Beside other temporary folders: PostgreSQL runs as another user than root.
const folder = mkdtempSync(join(tmpdir(), 'comanda-own-users-'));
let certificates: Certificates;
let rabbit: RabbitMqServer;
let redis: RedisServer;
let postgres: PostgresServer;
let amqpsPort: number;
let redissPort: number;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  certificates = makeCertificates(folder, HOST);
  [amqpsPort, redissPort] = [await freePort(), await freePort()];
  const { ca, certificate, key } = certificates;
  const runAs = 'process';
  const directory = mkdtempSync(join(tmpdir(), 'comanda-own-roles-'));
  [rabbit, redis, postgres] = await Promise.all([
    startRabbitMq({
      directory: join(folder, 'rabbitmq'),
      runAs,
      settings: {
        'listeners.ssl.1': `127.0.0.1:${amqpsPort}`,
        'ssl_options.cacertfile': ca,
        'ssl_options.certfile': certificate,
        'ssl_options.keyfile': key,
      },
    }),
    startRedis({
      directory: join(folder, 'redis'),
      runAs,
      settings: {
        'tls-port': String(redissPort),
        'tls-ca-cert-file': ca,
        'tls-cert-file': certificate,
        'tls-key-file': key,
        'tls-auth-clients': 'no',
      },
    }),
    startPostgres({ directory, runAs, settings: { unix_socket_directories: directory } }),
  ]);
  await Promise.all([makeBrokerUsers(rabbit), secure(postgres, certificates)]);
});

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await Promise.all([rabbit?.discard(), redis?.discard(), postgres?.discard()]);
  if (postgres) rmSync(postgres.directory, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** The certificate of a PostgreSQL; the key must belong to the user that the server runs as. */
function serve({ directory }: PostgresServer, certificate: string): void {
  const { uid, gid } = statSync(join(directory, 'data'));
  for (const [file, name] of [
    [certificate, 'server.crt'],
    [certificates.key, 'server.key'],
  ] as const) {
    const own = join(directory, 'data', name);
    copyFileSync(file, own);
    chownSync(own, uid, gid);
  }
}

async function secure(server: PostgresServer, { certificate }: Certificates): Promise<void> {
  serve(server, certificate);
  await server.admin('ALTER SYSTEM SET ssl = on');
  await server.admin('SELECT pg_reload_conf()');
  await makePostgresRoles(server);
  // What is there already is left as it is, and given the passwords of today.
  await makePostgresRoles(server);
}

/** One line each, by the setting that it begins with. */
const refusedBy = (setting: string, reason: string) =>
  new RegExp(`^(?:FatalStartupError: postgres:.* can't be used: )?${setting}: .*${reason}.*$`);
const UNKNOWN = (setting: string) => refusedBy(setting, 'it names nobody who has signed .*certificate');
const WRONG_NAME = (setting: string) => refusedBy(setting, "does not match certificate's altnames");
const EXPIRED = (setting: string) => refusedBy(setting, 'certificate has expired');

describe('PostgreSQL', () => {
  const createNotes = createMigration('Notes1790000000000', ({ text, withoutRowid }) => [
    `CREATE TABLE notes (tenant_id ${text} NOT NULL, id ${text} NOT NULL, PRIMARY KEY (tenant_id, id)) ${withoutRowid}`,
  ]);
  const INSERT = statement('INSERT INTO notes (tenant_id, id) VALUES ($1, $2)');
  const COUNT = statement('SELECT count(*) AS n FROM notes');
  const refused = { code: '42501' };

  beforeAll(async () => {
    for (const { alias } of DATABASE_OWNERS) {
      const database = await openDatabase(schemaUrlOf(postgres, alias), [createNotes]);
      await database.transaction((sql) => sql.run(INSERT, 'ana', 'a'), ['ana']);
      await database.close();
    }
  });

  async function as<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
    const parsed = new URL(url);
    parsed.searchParams.delete('schema');
    const client = new pg.Client({ connectionString: parsed.href });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await act(client);
    } finally {
      await client.end().catch(() => undefined); // never connected
    }
  }

  test.each(DATABASE_OWNERS.map(({ alias }) => alias))(
    'the role of %s owns its schema, and row-level security holds for it',
    async (alias) => {
      const database = await openDatabase(schemaUrlOf(postgres, alias), [createNotes]);
      expect(await database.of('ana').read(COUNT)).toEqual([{ n: 1 }]);
      expect(await database.of('ben').read(COUNT)).toEqual([{ n: 0 }]);
      expect(await database.read(COUNT)).toEqual([{ n: 0 }]);
      await expect(database.transaction((sql) => sql.run(INSERT, 'ben', 'b'), ['ana'])).rejects.toMatchObject(
        refused,
      );
      await database.close();
    },
  );

  test('a role reaches nothing of another service, and makes nothing outside its schema', async () => {
    await as(schemaUrlOf(postgres, 'orders'), async (client) => {
      await client.query(`SET comanda.tenants = '*'`);
      expect((await client.query('SELECT id FROM orders.notes')).rows).toEqual([{ id: 'a' }]);
      for (const attempt of [
        'SELECT * FROM products.notes',
        `INSERT INTO products.notes VALUES ('ana', 'b')`,
        'UPDATE products.notes SET id = id',
        'DELETE FROM products.notes',
        'DROP TABLE products.notes',
        'CREATE TABLE products.mine (id TEXT)',
        'CREATE TABLE public.mine (id TEXT)',
        'CREATE SCHEMA mine',
        'CREATE ROLE mine',
        'SET ROLE products',
        'ALTER SYSTEM SET ssl = off',
      ])
        await expect(client.query(attempt)).rejects.toMatchObject(refused);
    });
    await as(schemaUrlOf(postgres, 'products'), async (client) => {
      await client.query(`SET comanda.tenants = '*'`);
      expect((await client.query('SELECT id FROM products.notes')).rows).toEqual([{ id: 'a' }]);
    });
  });

  test('a second user stands in for a role while its password changes', async () => {
    await postgres.admin(
      `CREATE ROLE orders_b LOGIN PASSWORD 'another' IN ROLE orders; ALTER ROLE orders_b SET role = orders`,
    );
    const url = new URL(schemaUrlOf(postgres, 'orders'));
    [url.username, url.password] = ['orders_b', 'another'];
    const database = await openDatabase(url.href, [createNotes]);
    expect(await database.of('ana').read(COUNT)).toEqual([{ n: 1 }]);
    expect(await database.read(COUNT)).toEqual([{ n: 0 }]);
    await database.close();
    await as(url.href, async (client) => {
      await expect(client.query('SELECT * FROM products.notes')).rejects.toMatchObject(refused);
    });
  });

  test('the auditor reads the schemas of all services, and changes none', async () => {
    for (const { alias } of DATABASE_OWNERS) {
      const read = await postgresSnapshot(schemaUrlOf(postgres, alias, 'auditor'), (query) =>
        query('SELECT tenant_id, id FROM notes'),
      );
      expect(read).toEqual([{ tenant_id: 'ana', id: 'a' }]);
    }
    await as(schemaUrlOf(postgres, 'orders', 'auditor'), async (client) => {
      const insert = `INSERT INTO orders.notes VALUES ('ana', 'b')`;
      await expect(client.query(insert)).rejects.toMatchObject({ code: '25006' });
      await client.query(`SET default_transaction_read_only = off; SET comanda.tenants = '*'`);
      for (const attempt of [insert, 'DELETE FROM orders.notes', 'CREATE TABLE orders.mine (id TEXT)'])
        await expect(client.query(attempt)).rejects.toMatchObject(refused);
    });
  });

  test('by URL with TLS: whom the file trusts is let in; another authority, another name and what has expired is one line that names the setting', async () => {
    const url = (host: string, ca: string): string => {
      const parsed = new URL(schemaUrlOf(postgres, 'orders'));
      parsed.hostname = host;
      parsed.searchParams.set('sslmode', 'verify-full');
      parsed.searchParams.set('sslrootcert', ca);
      return parsed.href;
    };
    const { ca, otherCa } = certificates;
    const database = await openDatabase(url(HOST, ca), [createNotes]);
    const [row] = await database.read(statement('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'));
    expect(row).toEqual({ ssl: true });
    await database.close();
    const refusal = async (wrong: string): Promise<string> => {
      const error: unknown = await openDatabase(wrong, [createNotes]).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(FatalStartupError);
      return String(error);
    };
    expect(await refusal(url(HOST, otherCa))).toMatch(UNKNOWN('sslrootcert'));
    expect(await refusal(url('127.0.0.1', ca))).toMatch(WRONG_NAME('sslmode=verify-full'));
    serve(postgres, certificates.expired);
    await postgres.admin('SELECT pg_reload_conf()');
    const opened = () => openDatabase(url(HOST, ca), [createNotes]).then((one) => one.close());
    await until('it has expired', () =>
      opened().then(
        () => false,
        () => true,
      ),
    );
    expect(await refusal(url(HOST, ca))).toMatch(EXPIRED('sslmode=verify-full'));
    serve(postgres, certificates.certificate);
    await postgres.admin('SELECT pg_reload_conf()');
    await expect(openUnverified(url(HOST, ca))).rejects.toThrow('sslmode: verify-full');
  });

  const openUnverified = async (url: string): Promise<unknown> =>
    openDatabase(url.replace('verify-full', 'no-verify'), [createNotes]);

  // The last one: nobody but the services is let in afterwards.
  test('as docker-compose.yml has it lets each service in, and the superuser on the socket alone', async () => {
    await postgres.admin(`CREATE ROLE postgres SUPERUSER LOGIN PASSWORD 'secret'`);
    const superuser = `postgres://postgres:secret@127.0.0.1:${postgres.port}`;
    await as(`${superuser}/comanda`, (client) => client.query('SELECT 1'));
    copyFileSync(HBA, join(postgres.directory, 'data/pg_hba.conf'));
    await postgres.admin('SELECT pg_reload_conf()');
    const away = { code: '28000', message: expect.stringContaining('no pg_hba.conf entry') };
    const answerOf = (url: string) =>
      as(url, (client) => client.query('SELECT 1')).then(
        () => 'let in',
        (error: unknown) => error,
      );
    await until(
      'the superuser is refused',
      async () => (await answerOf(`${superuser}/comanda`)) !== 'let in',
    );
    for (const database of ['comanda', 'postgres', 'template1'])
      expect(await answerOf(`${superuser}/${database}`)).toMatchObject(away);
    for (const { alias } of DATABASE_OWNERS)
      expect(await answerOf(schemaUrlOf(postgres, alias))).toBe('let in');
    expect(await answerOf(schemaUrlOf(postgres, 'orders', 'auditor'))).toBe('let in');
    const elsewhere = new URL(schemaUrlOf(postgres, 'orders'));
    elsewhere.pathname = '/postgres';
    expect(await answerOf(elsewhere.href)).toMatchObject(away);
    const socket = new pg.Client({
      host: postgres.directory,
      port: postgres.port,
      user: 'postgres',
      password: 'secret',
      database: 'comanda',
    });
    await socket.connect();
    expect((await socket.query('SELECT current_user AS who')).rows).toEqual([{ who: 'postgres' }]);
    await socket.end();
  });
});

describe('RabbitMQ', () => {
  async function connectionOf(account: BrokerAccount | 'orders-service.b'): Promise<ChannelModel> {
    const connection = await connect(brokerUrlOf(rabbit.url, account));
    connection.on('error', () => undefined);
    closing.push(() => connection.close().catch(() => undefined));
    return connection;
  }

  /** Does something on a channel of its own; the broker's refusal, or `done`. */
  async function attempt(
    connection: ChannelModel,
    act: (channel: ConfirmChannel) => Promise<unknown> | unknown,
  ): Promise<string> {
    const channel = await connection.createConfirmChannel();
    const closed = new Promise<string>((resolve) => {
      channel.on('error', (error: Error) => resolve(error.message));
    });
    const done = (async () => {
      await act(channel);
      await channel.waitForConfirms();
      await channel.close();
      return 'done';
    })().catch((error: unknown) => String(error));
    // A refusal also rejects whatever waits on the channel, with less to say.
    const first = await Promise.race([closed, done]);
    return first === 'done' ? first : await Promise.race([closed, first]);
  }

  const bodyOf = (type: EventType, source: BrokerAccount): Buffer =>
    Buffer.from(
      JSON.stringify(anEnvelope(type, { source, subject: 'test', sequence: 1, data: type.example })),
    );
  const publish =
    (key: string, options: object = {}, exchange = 'comanda.events') =>
    (channel: ConfirmChannel) =>
      channel.publish(exchange, key, Buffer.from('{}'), options);

  test('a service publishes its own events, and no event or command of another', async () => {
    const orders = await connectionOf('orders-service');
    for (const { type } of EVENTS.filter(({ publisher }) => publisher === 'orders-service'))
      expect(await attempt(orders, publish(type))).toBe('done');
    for (const { type } of EVENTS.filter(({ publisher }) => publisher !== 'orders-service'))
      expect(await attempt(orders, publish(type))).toContain('403');
    for (const command of ['products.create', 'payments.providerCalled', 'webhooks.createSubscription'])
      expect(await attempt(orders, publish(command))).toContain('403');
    expect(await attempt(orders, publish('order.created', { userId: 'payments-service' }))).toContain('406');
    expect(await attempt(orders, publish('x', {}, 'amq.topic'))).toContain('403');
    const second = await connectionOf('orders-service.b');
    expect(await attempt(second, publish('order.created', { userId: 'orders-service.b' }))).toBe('done');
    expect(await attempt(second, publish('payment.completed'))).toContain('403');
    const auditor = await connectionOf('auditor');
    expect(await attempt(auditor, publish('order.created'))).toContain('403');
    expect(await attempt(auditor, publish('orders_queue', {}, ''))).toContain('403');
    const gateway = await connectionOf('api-gateway');
    expect(await attempt(gateway, publish('orders.create'))).toBe('done');
    expect(await attempt(gateway, publish('orders.mendPriceList'))).toContain('403');
    expect(await attempt(gateway, publish('order.created'))).toContain('403');
  });

  test('a service takes from its own queue, and neither takes, empties, binds, makes nor deletes another', async () => {
    const orders = await connectionOf('orders-service');
    const nothing = () => undefined;
    expect(await attempt(orders, (channel) => channel.consume('orders_queue.dlq', nothing))).toBe('done');
    for (const queue of ['products_queue', 'products_queue.dlq', 'products_queue.retry.1s'])
      for (const act of [
        (channel: ConfirmChannel) => channel.consume(queue, nothing),
        (channel: ConfirmChannel) => channel.get(queue),
        (channel: ConfirmChannel) => channel.purgeQueue(queue),
        (channel: ConfirmChannel) => channel.deleteQueue(queue),
        (channel: ConfirmChannel) => channel.assertQueue(queue),
        (channel: ConfirmChannel) => channel.bindQueue(queue, 'comanda.events', '#'),
      ])
        expect(await attempt(orders, act)).toContain('403');
    for (const act of [
      (channel: ConfirmChannel) => channel.deleteQueue('orders_queue'),
      (channel: ConfirmChannel) => channel.bindQueue('orders_queue', 'comanda.events', 'payment.#'),
      (channel: ConfirmChannel) => channel.assertQueue('mine'),
      (channel: ConfirmChannel) => channel.assertQueue(`products_queries.${newId()}`, { exclusive: true }),
      (channel: ConfirmChannel) => channel.assertExchange('mine', 'topic'),
      (channel: ConfirmChannel) => channel.deleteExchange('comanda.events'),
    ])
      expect(await attempt(orders, act)).toContain('403');
    expect(await attempt(orders, (channel) => channel.checkQueue('products_queue'))).toBe('done');
    const asked = async (channel: ConfirmChannel) => {
      const { queue } = await channel.assertQueue(`orders_queries.${newId()}`, { exclusive: true });
      await channel.bindQueue(queue, 'amq.direct', 'orders_queries');
    };
    expect(await attempt(orders, asked)).toBe('done');
  });

  test('a gateway makes a queue of its own, and hears what streams tell, and nothing else', async () => {
    const broker = new Broker(brokerUrlOf(rabbit.url, 'api-gateway'), 'test', new RecordingLogger());
    closing.push(() => broker.close());
    const heard: string[] = [];
    const listener = new EventListener({
      broker,
      service: 'api-gateway',
      types: LIVE_SOURCES,
      heard: ({ type }) => heard.push(type),
      interrupted: () => undefined,
      wanted: () => true,
    });
    await listener.ready();
    const products = await connectionOf('products-service');
    const named = { messageId: newId(), type: StockChanged.type };
    for (const sender of [{}, { userId: 'products-service' }])
      await attempt(products, (channel) =>
        channel.publish('comanda.events', StockChanged.type, bodyOf(StockChanged, 'products-service'), {
          ...named,
          ...sender,
        }),
      );
    await until('it is heard', () => heard.length > 0);
    // The other one names no sender.
    expect(heard).toEqual([StockChanged.type]);
    const gateway = await connectionOf('api-gateway');
    const mine = `api-gateway.live.${newId()}`;
    const ofMine = (act: (channel: ConfirmChannel) => unknown) => async (channel: ConfirmChannel) => {
      await channel.assertQueue(mine, { exclusive: true });
      await act(channel);
    };
    expect(
      await attempt(
        gateway,
        ofMine((channel) => channel.bindQueue(mine, 'comanda.events', 'order.created')),
      ),
    ).toBe('done');
    for (const key of ['orders.create', 'payment.completed', 'order.*', '#'])
      expect(
        await attempt(
          gateway,
          ofMine((channel) => channel.bindQueue(mine, 'comanda.events', key)),
        ),
      ).toContain('403');
    expect(await attempt(gateway, (channel) => channel.assertQueue('mine'))).toContain('403');
    expect(await attempt(gateway, (channel) => channel.get('orders_queue'))).toContain('403');
    expect(await attempt(gateway, (channel) => channel.deleteQueue('orders_queue'))).toContain('403');
    const orders = await connectionOf('orders-service');
    expect(await attempt(orders, (channel) => channel.assertQueue(`api-gateway.live.${newId()}`))).toContain(
      '403',
    );
  });

  test('what another service puts straight into a queue is not handled, and never put back', async () => {
    const all = await connect(rabbit.url);
    closing.push(() => all.close());
    // What the tests above published.
    await (await all.createChannel()).purgeQueue('orders_queue');
    const log = new RecordingLogger();
    const database = await openDatabase(`sqlite:${join(folder, 'orders.db')}`, [...OPERATIONS_MIGRATIONS]);
    const handled: string[] = [];
    const url = brokerUrlOf(rabbit.url, 'orders-service');
    const messaging = new Messaging({
      service: 'orders-service',
      rabbitUrl: url,
      database,
      redis: undefined,
      handlers: [
        on(PaymentCompleted, 'note it', {
          needs: () => ({}),
          decide: ({ id }) => {
            handled.push(id);
            return [];
          },
        }),
      ],
      queries: [
        {
          query: GetOrder,
          answer: async () => ({ ok: false, refusal: { status: 404, code: 'NOT_FOUND', detail: 'None.' } }),
        },
      ],
      work: [],
      logger: log,
    });
    const traffic = new DeadLetterTraffic({
      service: 'orders-service',
      rabbitUrl: url,
      database,
      logger: log,
    });
    closing.push(
      () => database.close(),
      () => traffic.stop(),
      () => messaging.stop(),
    );
    await Promise.all([messaging.ready(), traffic.ready()]);

    const payments = await connectionOf('payments-service');
    const webhooks = await connectionOf('webhook-publisher');
    const genuine = bodyOf(PaymentCompleted, 'payments-service');
    const forged = () => bodyOf(PaymentCompleted, 'payments-service');
    const into = (queue: string, content: Buffer, options: object) => (channel: ConfirmChannel) =>
      channel.sendToQueue(queue, content, options);
    const signed = { userId: 'webhook-publisher' };
    const forgedFrame = () => Buffer.from(`[${forged()},${forged()}]`);
    expect(await attempt(webhooks, into('orders_queue', forged(), {}))).toBe('done');
    expect(await attempt(webhooks, into('orders_queue', forged(), signed))).toBe('done');
    expect(await attempt(webhooks, into('orders_queue.retry.1s', forged(), signed))).toBe('done');
    expect(await attempt(webhooks, into('orders_queue.dlq', forged(), {}))).toBe('done');
    expect(await attempt(webhooks, into('orders_queue', forgedFrame(), signed))).toBe('done');
    expect(await attempt(webhooks, into('orders_queue.dlq', forgedFrame(), signed))).toBe('done');
    expect(
      await attempt(payments, (channel) =>
        channel.publish('comanda.events', PaymentCompleted.type, genuine, { userId: 'payments-service' }),
      ),
    ).toBe('done');

    const DEAD_LETTERS = statement('SELECT properties FROM dead_letters ORDER BY message_id');
    const deadLetters = async () =>
      (await database.acrossTenants.read(DEAD_LETTERS)).map(
        ({ properties }) => JSON.parse(String(properties)) as { headers: Record<string, unknown> },
      );
    await until('all that is forged is a dead letter', async () => (await deadLetters()).length === 8);
    await until('what is genuine is handled', () => handled.length > 0);
    expect(handled).toEqual([(JSON.parse(genuine.toString()) as { id: string }).id]);
    expect((await deadLetters()).map(({ headers }) => headers[HEADERS.wrongSender]).sort()).toEqual([
      '',
      '',
      ...Array(6).fill('webhook-publisher'),
    ]);
    expect(await inboxOf(database)).toBe(1);

    const ask = async (account: ServiceName) => {
      const broker = new Broker(brokerUrlOf(rabbit.url, account), account, log);
      const requester = new Requester(account, broker);
      closing.push(() => broker.close());
      await requester.ready();
      const viewer = { role: 'staff' as const, accountId: newId() };
      const context = { tenantId: 'default', correlationId: 'test', subject: 'order', timeoutMs: 60_000 };
      return await requester.ask(GetOrder, { orderId: newId(), viewer }, context);
    };
    // The gateway asks for all, the publisher of webhooks for what a chat asks it: both named in the contract.
    for (const asker of ['api-gateway', 'webhook-publisher'] as const)
      expect(await ask(asker)).toMatchObject({ refusal: { status: 404 } });
    for (const stranger of ['products-service', 'payments-service'] as const)
      expect(await ask(stranger)).toMatchObject({ refusal: { status: 403, code: 'WRONG_SENDER' } });
  });

  const inboxOf = async (database: Database): Promise<number> =>
    Number((await database.acrossTenants.read(statement('SELECT count(*) AS n FROM inbox')))[0]?.n);

  test('by amqps: whom the file trusts is connected; another authority, another name and what has expired is a line that names the setting', async () => {
    const connected = async (host: string, ca: string) => {
      const log = new RecordingLogger();
      const url = `amqps://guest:guest@${host}:${amqpsPort}`;
      const broker = new Broker(withTrustedCa(url, ca), 'tls', log);
      await until(
        'it is settled',
        () =>
          broker.unhealthyReason === undefined || log.said('broker not reached, next try in 3 s').length > 0,
      );
      const { unhealthyReason } = broker;
      await broker.close();
      const [line] = log.said('broker not reached, next try in 3 s');
      return unhealthyReason === undefined ? 'connected' : String(line?.fields.error);
    };
    expect(await connected(HOST, certificates.ca)).toBe('connected');
    expect(await connected(HOST, certificates.otherCa)).toMatch(UNKNOWN('RABBITMQ_CA'));
    expect(await connected('127.0.0.1', certificates.ca)).toMatch(WRONG_NAME('RABBITMQ_URL'));
    // In the place of the other one, as an operator changes it: the node reads it again.
    copyFileSync(certificates.expired, certificates.certificate);
    await rabbit.ctl('eval', 'ssl:clear_pem_cache().');
    let last = 'connected';
    await until('it has expired', async () => {
      last = await connected(HOST, certificates.ca);
      return last !== 'connected';
    });
    expect(last).toMatch(EXPIRED('RABBITMQ_URL'));
  });
});

describe('Redis', () => {
  test('by rediss: whom the file trusts is connected; another authority, another name and what has expired is a line that names the setting', async () => {
    const connected = async (host: string, ca: string) => {
      const log = new RecordingLogger();
      const client = connectRedis(
        { url: withTrustedCa(`rediss://${host}:${redissPort}`, ca), prefix: '' },
        log,
      );
      const away = () => log.said('Redis is away; going on without the fast path');
      await until('it is settled', () => client.status === 'ready' || away().length > 0);
      const ready = client.status === 'ready';
      client.disconnect();
      return ready ? 'connected' : String(away()[0]?.fields.error);
    };
    expect(await connected(HOST, certificates.ca)).toBe('connected');
    expect(await connected(HOST, certificates.otherCa)).toMatch(UNKNOWN('REDIS_CA'));
    expect(await connected('127.0.0.1', certificates.ca)).toMatch(WRONG_NAME('REDIS_URL'));
    const admin = new Redis(redis.url);
    await admin.config('SET', 'tls-cert-file', certificates.expired);
    admin.disconnect();
    expect(await connected(HOST, certificates.ca)).toMatch(EXPIRED('REDIS_URL'));
  });
});
