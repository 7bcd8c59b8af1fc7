import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { until } from '@comanda/kit';
import { freePort, ManagedProcess } from '@comanda/local-infra';
import { HttpServer } from '@comanda/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import pg from 'pg';
import {
  newSharedSecret,
  type SharedSecret,
  signedHeaders,
} from '../../webhook-publisher/src/channels/webhook/signature.js';
import type { EventStore, ReceivedEvent } from '../logger/logger.js';
import { createSqliteEventStore } from '../node/sqlite-event-store.js';
import { createSqliteSentLog } from '../node/sqlite-sent-log.js';
import type { SentLog } from '../notifier/notifier.js';
import { createPostgresEventStore } from './postgres-event-store.js';
import { createPostgresSentLog } from './postgres-sent-log.js';

const SCHEMA_SQL = readFileSync(join(import.meta.dirname, 'schema.sql'), 'utf8');
const schema = `receivers_${randomBytes(6).toString('hex')}`;
let databaseUrl: string;
let postgres: pg.Pool;

beforeAll(async () => {
  const url = new URL(process.env.TEST_POSTGRES_URL ?? '');
  url.searchParams.set('options', `-c search_path=${schema}`);
  databaseUrl = url.href;
  postgres = new pg.Pool({ connectionString: databaseUrl });
  await postgres.query(`CREATE SCHEMA ${schema}`);
  await postgres.query(SCHEMA_SQL);
  // An operator may run it again.
  await postgres.query(SCHEMA_SQL);
});

afterEach(() => postgres.query('TRUNCATE received_events, notifications'));

afterAll(async () => {
  await postgres.query(`DROP SCHEMA ${schema} CASCADE`);
  await postgres.end();
});

/** PostgreSQL as it is given to the edge functions, and SQLite as the demo has it. */
const STORES: readonly [
  name: string,
  open: () => { events: EventStore; sent: SentLog; rows: () => Promise<unknown> },
][] = [
  [
    'PostgreSQL',
    () => ({
      events: createPostgresEventStore(postgres),
      sent: createPostgresSentLog(postgres),
      rows: async () => {
        const columns =
          'id, type, timestamp, tenant_id AS "tenantId", subject, sequence::int, data::text, received_at AS "receivedAt"';
        const { rows } = await postgres.query(`SELECT ${columns} FROM received_events`);
        return rows.map(({ timestamp, receivedAt, ...row }) => ({
          ...row,
          timestamp: timestamp.toISOString(),
          receivedAt: receivedAt.toISOString(),
        }));
      },
    }),
  ],
  [
    'SQLite',
    () => {
      const database = new Database(':memory:');
      return {
        events: createSqliteEventStore(database),
        sent: createSqliteSentLog(database),
        rows: async () =>
          database
            .prepare(
              'SELECT id, type, timestamp, tenant_id AS tenantId, subject, sequence, data, received_at AS receivedAt FROM received_events',
            )
            .all(),
      };
    },
  ],
];

const LEASE_MS = 60_000;
const TWENTY = Array.from({ length: 20 });

describe.each(STORES)('the stores on %s', (_name, open) => {
  const received = (changes: Partial<ReceivedEvent> = {}): ReceivedEvent => ({
    id: 'evt-1',
    type: 'order.confirmed',
    timestamp: '2026-01-02T03:04:05.000Z',
    tenantId: 'default',
    subject: 'o-1',
    sequence: 3,
    data: { orderId: 'o-1', note: 'café ☕ \u0000 \ud800' },
    ...changes,
  });
  const at = new Date('2026-01-02T03:04:06.000Z');

  test('keep an event as it came, once, whatever comes under its id later', async () => {
    const { events, rows } = open();
    expect(await events.insert(received(), at)).toBe('stored');
    expect(await events.insert(received({ type: 'order.cancelled' }), new Date())).toBe('duplicate');
    const { data, ...columns } = received();
    expect(await rows()).toEqual([{ ...columns, data: JSON.stringify(data), receivedAt: at.toISOString() }]);
  });

  test('keep one of many that come at the same time', async () => {
    const { events, rows } = open();
    const outcomes = await Promise.all(TWENTY.map(() => events.insert(received(), at)));
    expect(outcomes.sort()).toEqual([...TWENTY.slice(1).map(() => 'duplicate'), 'stored']);
    expect(await rows()).toHaveLength(1);
  });

  test('keep an event without subject and data', async () => {
    const { events, rows } = open();
    const { subject: _, ...before } = received({ data: undefined });
    expect(await events.insert(before, at)).toBe('stored');
    expect(await rows()).toMatchObject([{ subject: null, data: 'null' }]);
  });

  test('let one of many send, and nobody once it is sent', async () => {
    const { sent } = open();
    const begun = await Promise.all(TWENTY.map(() => sent.begin('evt-1:42', LEASE_MS)));
    expect(begun.sort()).toEqual(['begun', ...TWENTY.slice(1).map(() => 'busy')]);
    expect(await sent.begin('evt-1:43', LEASE_MS)).toBe('begun');
    await sent.finish('evt-1:42');
    expect(await sent.begin('evt-1:42', LEASE_MS)).toBe('done');
    await sent.abandon('evt-1:42');
    expect(await sent.begin('evt-1:42', LEASE_MS)).toBe('done');
    expect(await sent.begin('evt-1:43', LEASE_MS)).toBe('busy');
  });

  test('let nobody send what was sent, after its lease has ended as well', async () => {
    const { sent } = open();
    expect(await sent.begin('evt-1:42', 0)).toBe('begun');
    await sent.finish('evt-1:42');
    expect(await sent.begin('evt-1:42', LEASE_MS)).toBe('done');
  });

  test('let the next one send when a lease is given back, or has ended', async () => {
    const { sent } = open();
    expect(await sent.begin('evt-1:42', LEASE_MS)).toBe('begun');
    await sent.abandon('evt-1:42');
    expect(await sent.begin('evt-1:42', 0)).toBe('begun');
    expect(await sent.begin('evt-1:42', LEASE_MS)).toBe('begun');
    expect(await sent.begin('evt-1:42', LEASE_MS)).toBe('busy');
  });
});

/** `npm test` brings it; without it nothing is known about how the functions run at the edge. */
const deno = process.env.TEST_DENO;

(deno === undefined ? describe.skip : describe)('under Deno, with PostgreSQL', () => {
  const [loggerSecret, notifierSecret] = [randomBytes(32), randomBytes(32)].map(newSharedSecret);
  if (!loggerSecret || !notifierSecret) throw new Error('unreachable');
  let running: ManagedProcess[];
  let loggerUrl: string;
  let notifierUrl: string;
  let telegram: HttpServer;
  let messages: unknown[];
  let telegramAnswers: { readonly status: number; readonly body: unknown }[];

  /** As an operator does: a task of edge-functions/deno.json. */
  const begin = (task: string, env: Record<string, string>) =>
    new ManagedProcess({
      name: `The ${task} under Deno`,
      command: deno ?? '',
      args: ['task', task],
      cwd: join(import.meta.dirname, '..'),
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        DENO_NO_UPDATE_CHECK: '1',
        NO_COLOR: '1',
        ...env,
      },
    });

  async function serve(task: string, env: Record<string, string>): Promise<string> {
    const address = `127.0.0.1:${await freePort()}`;
    const child = begin(task, {
      DENO_SERVE_ADDRESS: `tcp:${address}`,
      DATABASE_URL: databaseUrl,
      ...env,
    });
    running.push(child);
    let ended = false;
    void child.exited.then(() => {
      ended = true;
    });
    const url = `http://${address}/`;
    const answers = () =>
      fetch(url).then(
        ({ status }) => status === 405,
        () => false,
      );
    await until(`the ${task} answers`, async () => {
      if (ended) throw new Error(child.tail().join('\n'));
      return answers();
    });
    return url;
  }

  beforeAll(async () => {
    running = [];
    telegram = await HttpServer.start(async (request, response) => {
      messages.push(await json(request));
      const { status, body } = telegramAnswers.shift() ?? { status: 200, body: { ok: true } };
      response.writeHead(status).end(JSON.stringify(body));
    });
    [loggerUrl, notifierUrl] = await Promise.all([
      serve('logger', { LOGGER_RECEIVER_SECRET: loggerSecret }),
      serve('notifier', {
        NOTIFIER_RECEIVER_SECRET: notifierSecret,
        TELEGRAM_API_ROOT: telegram.url,
        TELEGRAM_BOT_TOKEN: '123:token',
        TELEGRAM_CHAT_ID: '42',
      }),
    ]);
  });

  beforeEach(() => {
    messages = [];
    telegramAnswers = [];
  });

  afterAll(async () => {
    await Promise.all(running.map((child) => child.stop()));
    await telegram.stop();
  });

  const body = JSON.stringify({
    id: 'evt-1',
    type: 'order.confirmed',
    timestamp: '2026-01-02T03:04:05.000Z',
    tenantId: 'default',
    subject: 'o-1',
    subjectType: 'order',
    sequence: 3,
    apiVersion: 'v1',
    data: { orderId: '<o-1>', totalAmount: 1250, currency: 'EUR' },
  });

  interface Sending {
    readonly secret: SharedSecret;
    readonly at?: number;
    readonly sentBody?: string;
  }

  async function deliver(url: string, { secret, at = Date.now(), sentBody = body }: Sending) {
    const headers = signedHeaders({ id: 'evt-1', body }, [secret], at);
    const response = await fetch(url, { method: 'POST', headers, body: sentBody });
    const { status } = response;
    return { status, retryAfter: response.headers.get('retry-after'), said: await response.text() };
  }

  const rows = async () => (await postgres.query('SELECT id, data FROM received_events')).rows;

  test('the logger stores what our publisher signed, once, however often it comes', async () => {
    const first = await deliver(loggerUrl, { secret: loggerSecret });
    expect(first).toMatchObject({ status: 200, said: '{"stored":true}' });
    const copies = TWENTY.map(() => deliver(loggerUrl, { secret: loggerSecret }));
    for (const copy of await Promise.all(copies))
      expect(copy).toMatchObject({ status: 200, said: '{"duplicate":true}' });
    expect(await rows()).toEqual([{ id: 'evt-1', data: JSON.parse(body).data }]);
  });

  test('the logger refuses what is forged, and what is old, and stores nothing', async () => {
    const forged = { sentBody: body.replace('1250', '1') };
    expect(await deliver(loggerUrl, { secret: loggerSecret, ...forged })).toMatchObject({ status: 401 });
    expect(await deliver(loggerUrl, { secret: notifierSecret })).toMatchObject({ status: 401 });
    const old = { at: Date.now() - 301_000 };
    expect(await deliver(loggerUrl, { secret: loggerSecret, ...old })).toMatchObject({ status: 401 });
    expect(await rows()).toEqual([]);
  });

  test('the logger finds its database again after a connection has broken', async () => {
    expect(await deliver(loggerUrl, { secret: loggerSecret })).toMatchObject({ status: 200 });
    const broken = await postgres.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user
         AND query LIKE 'INSERT INTO received_events%'`,
    );
    expect(broken.rows.length).toBeGreaterThan(0);
    await until('the logger answers as before', async () => {
      const { status, said } = await deliver(loggerUrl, { secret: loggerSecret });
      return status === 200 && said === '{"duplicate":true}';
    });
  });

  test('the logger takes nothing while its table is away, and takes it when it comes again', async () => {
    await postgres.query('ALTER TABLE received_events RENAME TO away');
    try {
      const refused = await deliver(loggerUrl, { secret: loggerSecret });
      expect(refused).toEqual({ status: 500, retryAfter: null, said: 'Internal Server Error' });
    } finally {
      await postgres.query('ALTER TABLE away RENAME TO received_events');
    }
    const again = await deliver(loggerUrl, { secret: loggerSecret });
    expect(again).toMatchObject({ status: 200, said: '{"stored":true}' });
    expect(await rows()).toHaveLength(1);
  });

  test('the notifier sends one message of what our publisher signed', async () => {
    const first = await deliver(notifierUrl, { secret: notifierSecret });
    expect(first).toMatchObject({ status: 200, said: '{"sent":1,"duplicate":false,"refused":0}' });
    const second = await deliver(notifierUrl, { secret: notifierSecret });
    expect(second).toMatchObject({ status: 200, said: '{"sent":0,"duplicate":true,"refused":0}' });
    expect(await deliver(notifierUrl, { secret: loggerSecret })).toMatchObject({ status: 401 });
    expect(messages).toEqual([
      {
        chat_id: '42',
        text: '<b>✅ Order confirmed</b>\n12.50 EUR\norderId: &lt;o-1&gt;',
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
      },
    ]);
  });

  test('the notifier comes again when Telegram asks it to wait, and sends once', async () => {
    telegramAnswers = [{ status: 429, body: { ok: false, parameters: { retry_after: 7 } } }];
    const asked = await deliver(notifierUrl, { secret: notifierSecret });
    expect(asked).toMatchObject({ status: 503, retryAfter: '7' });
    expect(await deliver(notifierUrl, { secret: notifierSecret })).toMatchObject({
      status: 200,
      said: expect.stringContaining('"sent":1'),
    });
    expect(messages).toHaveLength(2);
  });

  test.each([
    ['logger', 'LOGGER_RECEIVER_SECRET'],
    ['notifier', 'NOTIFIER_RECEIVER_SECRET'],
  ])('the %s does not start on broken settings, and names each', async (task, secret) => {
    const child = begin(task, { DATABASE_URL: 'mysql://there', [secret]: 'whsec_short' });
    running.push(child);
    expect((await child.exited).code).toBe(1);
    const log = child.tail().join('\n');
    expect(log).toContain('DATABASE_URL: must be postgres://user:password@host:port/database');
    expect(log).toContain(`${secret}: must be a secret`);
  });
});
