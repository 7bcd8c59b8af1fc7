import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { DATABASE_OWNERS, serviceNamed } from '@comanda/contracts';
import { freePort, inheritedEnvironment } from '@comanda/local-infra';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { PATIENCE_MS, until } from '../support/until.js';

const ROOT = resolve(import.meta.dirname, '../..');

jest.setTimeout(3 * PATIENCE_MS);

let data: string;
let ports: Record<string, string>;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'comanda-launched-'));
  const variables = [
    ...DATABASE_OWNERS.map(({ port }) => port.variable),
    serviceNamed('api-gateway').metricsPort.variable,
    serviceNamed('auditor').port.variable,
    'LOGGER_RECEIVER_PORT',
    'NOTIFIER_RECEIVER_PORT',
  ];
  const free = await Promise.all(variables.map(async (name) => [name, String(await freePort())] as const));
  ports = Object.fromEntries(free);
});
afterAll(() => rmSync(data, { recursive: true, force: true, maxRetries: 5 }));

const { FORCE_COLOR: _, ...withoutColours } = inheritedEnvironment();

/** `npm start` without npm and the set-up, which a test run has behind it. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const script = join('scripts', 'dist', 'start.js');
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { ...withoutColours, ...ports, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
    });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    get lines() {
      return written.split('\n');
    },
    ready: () =>
      until(
        'it is ready, or has ended',
        () => written.includes('Comanda is ready') || child.exitCode !== null,
        {
          timeoutMs: 2 * PATIENCE_MS,
        },
      ),
    ended,
    stop: () => {
      child.kill('SIGINT');
      return ended;
    },
  };
}

const ownData = (): string[] => ['--own-servers', '--data', data];
/** The page with what differs from run to run taken out: times, ids, ports. */
const withoutFigures = (line: string): string =>
  line
    .replace(/ +[0-9.]+ s\b/, ' # s')
    .replace(/\d+ ms/g, '# ms')
    .replace(/ +\+# ms/, '+# ms');

test('without a terminal the page is plain lines: exactly these steps in order, the journey, the banner; the file has the logs', async () => {
  const launched = start(ownData());
  await launched.ready();
  expect(await launched.stop()).toBe(0);
  const { lines } = launched;
  const page = lines.map(withoutFigures);
  expect(lines.join('\n')).not.toMatch(/[\r]/);
  expect(lines.filter((line) => line.includes(String.fromCharCode(27)))).toEqual([]);
  expect(page.slice(0, page.indexOf('Where'))).toEqual([
    'Comanda comes up: five services, an auditor, and what they stand on',
    '  . RabbitMQ and Redis ...',
    '  * RabbitMQ and Redis # s  RabbitMQ: private, Redis: private',
    '  . Services ...',
    '  * Services # s  5 ready, and two receivers of webhooks',
    '  . A sample order ...',
    '  * A sample order # s  accepted in # ms, CONFIRMED after # ms',
    '+# ms  api-gateway       orders.create',
    '+# ms  orders-service    order.created because of orders.create',
    '+# ms  products-service  product.stockReserved because of order.created',
    '+# ms  payments-service  payment.completed because of product.stockReserved',
    '+# ms  orders-service    order.confirmed because of payment.completed',
    '+# ms  products-service  product.stockCommitted because of order.confirmed',
    '    webhooks  order.confirmed DELIVERED x 3',
    '    webhooks  order.created DELIVERED x 2',
    ...page.filter((line) => line.startsWith('    Telegram  ')),
    '  . Auditor ...',
    '  * Auditor # s  has read all books',
    '',
  ]);
  expect(page.filter((line) => line.startsWith('    Telegram  '))).toHaveLength(3);
  expect(page.slice(page.indexOf('Comanda is ready'))).toEqual([
    'Comanda is ready',
    'comanda Draining after SIGINT: the gateway first, then the services, then the rest (again: at once)',
    'comanda Stopped',
    '',
  ]);
  // What the terminal has not.
  const kept = readFileSync(join(data, 'logs', 'services.log'), 'utf8');
  const started = [...DATABASE_OWNERS, serviceNamed('auditor')].map(({ name }) => name).sort();
  const logged = kept.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  expect(
    logged
      .filter(({ msg }) => msg === 'started')
      .map(({ service }) => service)
      .sort(),
  ).toEqual(started);
  expect(logged.filter(({ level }) => level >= 40)).toEqual([]);
});

test('with --logs the terminal has the lines of all services, too', async () => {
  const launched = start([...ownData(), '--logs']);
  await launched.ready();
  expect(await launched.stop()).toBe(0);
  const said = launched.lines.filter((line) => /^[0-9:.]+ \[\w+\] +started$/.test(line));
  expect(said.map((line) => /\[(\w+)\]/.exec(line)?.[1]).sort()).toEqual(
    [...DATABASE_OWNERS, serviceNamed('auditor')].map(({ alias }) => alias).sort(),
  );
  // The log of the start before is beside the new one.
  expect(readFileSync(join(data, 'logs', 'services.log.before'), 'utf8')).not.toBe('');
});

test('a service that does not start ends the start: with its line, and where the rest stands', async () => {
  const launched = start(ownData(), { PAYMENT_PROVIDER: 'barter' });
  expect(await launched.ended).toBe(1);
  const { lines } = launched;
  expect(lines.filter((line) => line.startsWith('['))).toEqual([
    '[payments]  PAYMENT_PROVIDER: must be simulated or stripe',
  ]);
  const log = join(data, 'logs', 'services.log');
  expect(lines.filter((line) => line.includes('did not start'))).toEqual([
    `payments did not start: it ended (code 1). All that it said: ${relative(ROOT, log)}`,
  ]);
  expect(lines).not.toContain('Comanda is ready');
});

test('an option that is unknown is refused with one line, before anything starts', async () => {
  const launched = start(['--log']);
  expect(await launched.ended).toBe(2);
  expect(launched.lines).toEqual(["Unknown option '--log': see npm start -- --help", '']);
});
