import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SERVICES } from '@comanda/contracts';
import {
  freePort,
  ManagedProcess,
  type Platform,
  type RedisServer,
  serviceEnvironment,
  startPlatform,
  startRedis,
} from '@comanda/local-infra';
import { freshVhost, type Vhost } from '@comanda/test-kit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { newService } from '../../scripts/src/new-service/new-service.js';
import { Api, CUSTOMER, PRODUCTS } from '../support/api.js';
import { until } from '../support/until.js';

/** docs/recipes.md, "A service", carried out on a copy of the sources. */
const ROOT = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const copy = mkdtempSync(join(tmpdir(), 'comanda-new-service-'));
const data = join(copy, 'data');
let broker: Vhost;
let redis: RedisServer;
let platform: Platform | undefined;
let loyalty: ManagedProcess | undefined;

/** What the recipe changes or builds; what others made is shared, our own packages lead to the copy. */
function copySources(): void {
  const parts = [
    'package.json',
    'tsconfig.json',
    'tsconfig.base.json',
    'packages',
    'scripts/service-template',
  ];
  const built = (file: string): boolean => !/(^|\/)(node_modules|dist)$/.test(file);
  for (const part of [...parts, ...SERVICES.map(({ name }) => name)])
    cpSync(join(ROOT, part), join(copy, part), { recursive: true, filter: built });
  mkdirSync(join(copy, 'node_modules/@comanda'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((one) => !/^(\.|@comanda$)/.test(one)))
    symlinkSync(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name));
  for (const name of readdirSync(join(copy, 'packages')))
    symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules/@comanda', basename(name)));
}

const audit = async (): Promise<{ code: number; output: string }> => {
  const args = [join(copy, 'auditor/dist/cli.js'), '--data', data];
  const env = { ...process.env, RABBITMQ_URL: broker.url, AUDIT_GRACE_SECONDS: '0' };
  return run(process.execPath, args, { cwd: copy, env }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  );
};

const inLoyalty = (statement: string): unknown[] => {
  const database = new Sqlite(join(data, 'loyalty.db'), { timeout: 10_000 });
  try {
    const prepared = database.prepare(statement);
    return prepared.reader ? prepared.all() : [prepared.run().changes];
  } finally {
    database.close();
  }
};

beforeAll(async () => {
  copySources();
  expect(newService({ root: copy, alias: 'loyalty', event: 'order.created' })).toBe('loyalty-service');
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-b', 'loyalty-service', ...SERVICES.map(({ name }) => name)], {
    cwd: copy,
  });
  [broker, redis] = await Promise.all([freshVhost(), startRedis({ directory: join(copy, 'redis') })]);
});

afterAll(async () => {
  await loyalty?.stop({ graceMs: 10_000 });
  await platform?.stop();
  await redis?.discard();
  rmSync(copy, { recursive: true, force: true });
});

test('a service made by the recipe starts, handles an event, and is audited', async () => {
  const env = { COMANDA_DEMO: 'true', LOG_LEVEL: 'warn', PAYMENT_SIM_LATENCY_MS: '0' };
  const where = { directory: data, rabbitUrl: broker.url, redisUrl: redis.url, env };
  platform = await startPlatform({ ...where, root: copy });
  const port = await freePort();
  loyalty = new ManagedProcess({
    name: 'loyalty',
    command: process.execPath,
    args: [join(copy, 'loyalty-service/dist/main.js')],
    cwd: copy,
    env: {
      ...serviceEnvironment({ ...where, ports: platform.ports }),
      LOYALTY_PORT: String(port),
      LOYALTY_DATABASE_URL: `sqlite:${join(data, 'loyalty.db')}`,
    },
  });
  const ready = async () =>
    (await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined))?.status === 200;
  await until('loyalty-service is ready', ready);

  const customer = await Api.logIn(platform.url, CUSTOMER.email);
  const orderId = await customer.place({
    items: [{ productId: PRODUCTS.espresso, quantity: 1 }],
    payment: { method: 'sim_approved' },
  });
  await customer.orderThat(orderId, 'is confirmed', ({ status }) => status === 'CONFIRMED');
  const noted = () => inLoyalty('SELECT type FROM noted_events');
  await until('the event is handled', () => noted().length > 0);
  expect(noted()).toEqual([{ type: 'order.created' }]);

  await until('all books are right', async () => (await audit()).code === 0);
  expect(inLoyalty('DELETE FROM inbox')).toEqual([1]);
  const { code, output } = await audit();
  expect(code).toBe(1);
  expect(output).toContain('loyalty-service has not handled order.created');
});
