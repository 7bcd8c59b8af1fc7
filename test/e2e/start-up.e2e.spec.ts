import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CONSUMING_SERVICES, DATABASE_OWNERS, SERVICES } from '@comanda/contracts';
import {
  freePort,
  ManagedProcess,
  type RabbitMqServer,
  serviceEnvironment,
  startRabbitMq,
} from '@comanda/local-infra';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type ConfirmChannel, connect } from 'amqplib';
import { PATIENCE_MS, until } from '../support/until.js';

const ROOT = resolve(import.meta.dirname, '../..');
const QUEUE = 'payments_queue';

jest.setTimeout(3 * PATIENCE_MS);

let directory: string;
let rabbit: RabbitMqServer;
const running: ManagedProcess[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'comanda-start-up-'));
  rabbit = await startRabbitMq({ directory: join(directory, 'rabbitmq') });
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop({ graceMs: 10_000 });
});
afterAll(async () => {
  await rabbit.discard();
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a service as it is in production; Redis is away, which must not matter. */
async function start(folder: string, env: Record<string, string> = {}) {
  const lines: string[] = [];
  const port = await freePort();
  const ports = {
    gateway: port,
    products: port,
    orders: port,
    payments: port,
    webhooks: port,
    metrics: await freePort(),
  };
  const service = new ManagedProcess({
    name: folder,
    command: process.execPath,
    args: [join(folder, 'dist', 'main.js')],
    cwd: ROOT,
    env: {
      ...(process.env as Record<string, string>),
      ...serviceEnvironment({ rabbitUrl: rabbit.url, redisUrl: 'redis://127.0.0.1:1', directory, ports }),
      LOG_LEVEL: 'error',
      PAYMENT_PROVIDER: 'simulated',
      ...env,
    },
    onLine: (line) => lines.push(line),
  });
  running.push(service);
  const ready = async (): Promise<boolean> => {
    try {
      return (await fetch(`http://127.0.0.1:${port}/health/ready`)).status === 200;
    } catch {
      return false; // not listening yet
    }
  };
  return {
    service,
    lines,
    port,
    ready,
    untilReady: () => until(`${folder} is ready`, ready),
  };
}

/** Runs a command of the operators without npm. */
const comanda = (
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ code: number; output: string }> =>
  new Promise((settle) => {
    execFile(
      process.execPath,
      [join(ROOT, 'cli/dist/main.js'), ...args],
      { cwd: ROOT, env: { ...process.env, ...env } },
      (error, stdout, stderr) => settle({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });

/** Runs `npm run queues` without npm. */
const queues = (...args: string[]) => comanda(['queues', ...args], { RABBITMQ_URL: rabbit.url });

/** Does something on a connection of its own, which no test can break for another one. */
async function onBroker<T>(act: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await connect(rabbit.url);
  try {
    return await act(await connection.createConfirmChannel());
  } finally {
    await connection.close();
  }
}

/** Declares the queue as another version might have. */
const declareOtherwise = (): Promise<void> =>
  onBroker(async (channel) => {
    await channel.deleteQueue(QUEUE);
    await channel.assertQueue(QUEUE, {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': 3,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': `${QUEUE}.dlq`,
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
    });
  });

test.each(CONSUMING_SERVICES.map(({ name }) => name))(
  '%s whose inbox forgets before a message can come back does not start, and says so in one line',
  async (folder) => {
    const { service, lines } = await start(folder, { INBOX_RETENTION_DAYS: '20' });
    expect(await service.exited).toMatchObject({ code: 1 });
    expect(lines).toEqual([expect.stringMatching(/^INBOX_RETENTION_DAYS: must be at least 23, not 20: /)]);
  },
);

test.each(['METRICS_PORT', 'GATEWAY_PORT'])(
  'a gateway beside another does not start on the same port, and the one line names %s',
  async (setting) => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const { service, lines } = await start('api-gateway', { [setting]: String(port) });
    expect(await service.exited).toMatchObject({ code: 1 });
    other.close();
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(`^${setting}: port ${port} on [\\d.]+ is taken; .* a port of its own$`),
      ),
    ]);
  },
);

test('no service is a demo in production: each refuses to start, in one line', async () => {
  const refused = SERVICES.map(async ({ name }) => {
    const { service, lines } = await start(name, { COMANDA_DEMO: 'true', NODE_ENV: 'production' });
    return { name, code: (await service.exited).code, lines };
  });
  expect(await Promise.all(refused)).toEqual(
    SERVICES.map(({ name }) => ({
      name,
      code: 1,
      lines: [expect.stringMatching(/^COMANDA_DEMO: its passwords are published; /)],
    })),
  );
});

describe('outside the demo', () => {
  /** Linux answers on every address of 127.0.0.0/8; what listens on 127.0.0.1 alone does not answer here. */
  const elsewhere = (port: number): Promise<boolean> =>
    fetch(`http://127.0.0.2:${port}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    );

  test('payments-service wants to be told who moves the money, and says so in one line', async () => {
    const { service, lines } = await start('payments-service', { PAYMENT_PROVIDER: '' });
    expect(await service.exited).toMatchObject({ code: 1 });
    expect(lines).toEqual([expect.stringMatching(/^PAYMENT_PROVIDER: must be named outside demo mode: /)]);
  });

  test('a simulated provider is one warning and a line of the health; a service listens on loopback', async () => {
    const { lines, port, untilReady } = await start('payments-service', { BIND_HOST: '', LOG_LEVEL: 'warn' });
    await untilReady();
    const warned = lines.filter((line) => line.includes('payment provider'));
    expect(warned.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ level: 40, msg: expect.stringMatching(/is simulated.*no money moves$/) }),
    ]);
    const detailed = await fetch(`http://127.0.0.1:${port}/health/detailed`);
    expect(await detailed.json()).toMatchObject({
      parts: { 'payment-provider': { status: 'up', message: expect.stringContaining('no money moves') } },
    });
    expect(await elsewhere(port)).toBe(false);
  });

  test('the gateway listens on loopback, unless BIND_HOST opens it', async () => {
    const [closed, open] = await Promise.all(
      ['', '0.0.0.0'].map((host) => start('api-gateway', { BIND_HOST: host })),
    );
    await Promise.all([closed?.untilReady(), open?.untilReady()]);
    expect(await elsewhere(closed?.port ?? 0)).toBe(false);
    expect(await elsewhere(open?.port ?? 0)).toBe(true);
  });
});

test('accounts are made before the first start, by a command that says what is wrong and how it ended', async () => {
  const GATEWAY_DATABASE_URL = `sqlite:${join(directory, 'fresh', 'gateway.db')}`;
  const accounts = (...args: string[]) => comanda(['accounts', ...args], { GATEWAY_DATABASE_URL });
  const made = await accounts('create', 'ops@example.org', '--preset', 'operator', '--generate');
  expect(made).toMatchObject({ code: 0, output: expect.stringContaining('ops@example.org (operator, ') });
  const again = await accounts('create', 'ops@example.org', '--preset', 'operator', '--generate');
  expect(again.code).toBe(1);
  expect(again.output).toBe('There is an account ops@example.org in the tenant default already.\n');
  expect(await accounts('create', 'ops@example.org')).toMatchObject({
    code: 2,
    output: expect.stringContaining("required option '--preset <preset>' not specified"),
  });
  expect((await accounts('list')).output).toMatch(
    /^default ops@example\.org staff \(orders:read .* tenants:all\) \S+ since \S+\n$/,
  );
  expect(await accounts('create', '--help')).toMatchObject({
    code: 0,
    output: expect.stringContaining('--generate'),
  });
});

describe('a queue that is declared otherwise on the broker', () => {
  const REFUSAL =
    "queue payments_queue is declared otherwise on the broker: x-delivery-limit is '3' and should be '50'. Stop " +
    'everything but the payments-service that is running, wait until payments_queue is empty, stop that too, delete ' +
    'payments_queue, and start again: docs/decisions/14-queues-declared-otherwise.md';

  // The gateway publishes, and so it declares all queues.
  test.each(DATABASE_OWNERS.map(({ name }) => name))(
    'keeps %s from starting, and the one line says what differs and what to do',
    async (folder) => {
      await declareOtherwise();
      const { service, lines } = await start(folder);
      expect(await service.exited).toMatchObject({ code: 1 });
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        expect.objectContaining({ level: 60, service: folder, msg: REFUSAL }),
      ]);
    },
  );

  test('is told by the check; deleted as the line says, it is declared anew, and the service starts', async () => {
    await declareOtherwise();
    const before = await queues('check');
    expect(before.code).toBe(1);
    expect(before.output).toContain(REFUSAL);
    await onBroker((channel) => channel.deleteQueue(QUEUE));
    const { untilReady } = await start('payments-service');
    await untilReady();
    const after = await queues('check');
    expect(after).toMatchObject({ code: 0, output: expect.stringContaining(', 0 are not, ') });
  });

  test('while the service runs makes it not ready instead of ending it, until an operator mends it', async () => {
    const { service, ready, untilReady, lines } = await start('payments-service');
    await untilReady();
    const step = `${QUEUE}.retry.5s`;
    await onBroker(async (channel) => {
      await channel.deleteQueue(step);
      await channel.assertQueue(step, { durable: true });
    });
    await rabbit.ctl('close_all_connections', 'as a test');
    await until('it is said', () =>
      lines.some((line) => line.includes(`queue ${step} is declared otherwise`)),
    );
    expect(await ready()).toBe(false);
    expect(service.running).toBe(true);
    await onBroker((channel) => channel.deleteQueue(step));
    await untilReady();
  });

  test.each([
    [[], 'Usage'],
    [['mend'], "unknown command 'mend'"],
    [['check', QUEUE], 'too many arguments'],
  ])('is not checked by %p: a usage error says why', async (args, why) => {
    expect(await queues(...args)).toMatchObject({ code: 2, output: expect.stringContaining(why) });
  });
});
