import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { type RedisServer, startRedis } from '@comanda/local-infra';
import { Folder } from '@comanda/test-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Called, GatewayUnderTest } from '../../test/gateway-under-test.js';
import { DEMO_PASSWORD } from '../accounts/demo-accounts.js';

const PER_MINUTE = 5;

const folder = new Folder();
let redis: RedisServer;
let gateways: [GatewayUnderTest, GatewayUnderTest];

/** Two instances behind a proxy, which tells them who calls. */
beforeAll(async () => {
  redis = await startRedis({ directory: folder.path });
  const environment = {
    COMANDA_DEMO: 'true',
    REDIS_URL: redis.url,
    REDIS_PREFIX: 'shop:',
    RATE_LIMIT_PER_MINUTE: String(PER_MINUTE),
    AUTH_RATE_LIMIT_PER_MINUTE: String(PER_MINUTE),
    TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8',
  };
  gateways = [await GatewayUnderTest.start(environment), await GatewayUnderTest.start(environment)];
});
afterAll(async () => {
  await Promise.all(gateways?.map((gateway) => gateway.close()) ?? []);
  await redis?.discard();
  folder.remove();
});

/** A count begins with each minute; a test that runs over its end would count anew. */
beforeEach(() =>
  until('the minute is young enough', () => Date.now() % 60_000 < 50_000, { timeoutMs: 15_000 }),
);

let callers = 0;
const aCaller = () => `198.51.${++callers >> 8}.${callers & 255}`;
const from = (address: string) => ({ 'x-forwarded-for': address });
const ask = (at: 0 | 1, address: string) =>
  gateways[at].call('GET', '/api/v1/event-types', { headers: from(address) });
const statuses = (answers: readonly Called[]) => answers.map(({ status }) => status);
/** Until what one gateway counts is known to the other. */
const sharing = () =>
  until('both gateways share their counts', async () => {
    const caller = aCaller();
    const answers = await inOrder([() => ask(0, caller), () => ask(1, caller), () => ask(0, caller)]);
    return answers[2]?.headers.get('ratelimit')?.includes('r=2') ?? false;
  });
/** Sends one after the other, so that the order of the answers is certain. */
async function inOrder(calls: readonly (() => Promise<Called>)[]): Promise<Called[]> {
  const answers: Called[] = [];
  for (const call of calls) answers.push(await call());
  return answers;
}

describe('two gateways', () => {
  const alternately = (address: string, times: number) =>
    inOrder(Array.from({ length: times }, (_, at) => () => ask(at % 2 === 0 ? 0 : 1, address)));

  test('share one count; each of them counts alone while Redis is away, and they share it again when it is back', async () => {
    await sharing();
    const caller = aCaller();
    const shared = await alternately(caller, PER_MINUTE + 2);
    expect(statuses(shared)).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect(shared.map(({ headers }) => headers.get('ratelimit')?.split(';')[1])).toEqual([
      'r=4',
      'r=3',
      'r=2',
      'r=1',
      'r=0',
      'r=0',
      'r=0',
    ]);
    expect(shared[5]?.headers.get('ratelimit-policy')).toBe('"default";q=5;w=60');
    expect(Number(shared[5]?.headers.get('retry-after'))).toBeGreaterThan(0);

    const keys = (await redis.exec('redis-cli', '-p', String(redis.port), 'KEYS', '*'))
      .split('\n')
      .filter(Boolean);
    expect(keys.filter((key) => !key.startsWith('shop:limit:'))).toEqual([]);
    expect(keys.length).toBeGreaterThan(0);

    await redis.kill();
    const other = aCaller();
    const alone = await alternately(other, 2 * PER_MINUTE + 2);
    expect(statuses(alone)).toEqual([...Array(2 * PER_MINUTE).fill(401), 429, 429]);
    expect((await ask(0, caller)).status).toBe(429);

    const third = aCaller();
    expect(statuses(await alternately(third, 4))).toEqual([401, 401, 401, 401]);
    await redis.start();
    await sharing();
    // Each has counted two, and tells Redis of them with its next one.
    expect(statuses(await alternately(third, 3))).toEqual([401, 429, 429]);
    expect(statuses(await alternately(aCaller(), PER_MINUTE + 1))).toEqual([
      ...Array(PER_MINUTE).fill(401),
      429,
    ]);
  });

  test('with a Redis that hangs answer all the same, and still count', async () => {
    await sharing();
    const caller = aCaller();
    await redis.pause();
    try {
      expect(statuses(await alternately(caller, 2 * PER_MINUTE + 1))).toEqual([
        ...Array(2 * PER_MINUTE).fill(401),
        429,
      ]);
    } finally {
      await redis.resume();
    }
    await sharing();
  });
});

describe('the address of a caller', () => {
  test('is the last one that no trusted proxy has: what stands before it was said by the caller', async () => {
    const caller = aCaller();
    const spoofed = await inOrder(
      Array.from({ length: PER_MINUTE + 1 }, (_, at) => () => ask(0, `203.0.113.${at}, ${caller}, 10.1.2.3`)),
    );
    expect(statuses(spoofed)).toEqual([401, 401, 401, 401, 401, 429]);
    expect((await ask(0, aCaller())).status).toBe(401);
  });

  test('is one for a whole IPv6 network of 64 bits', async () => {
    const answers = await inOrder(
      Array.from({ length: PER_MINUTE + 1 }, (_, at) => () => ask(0, `2001:db8:0:1::${at + 1}`)),
    );
    expect(statuses(answers)).toEqual([401, 401, 401, 401, 401, 429]);
    expect((await ask(0, '2001:db8:0:2::1')).status).toBe(401);
  });

  test('is that of the connection when nobody is trusted', async () => {
    const alone = await GatewayUnderTest.start({ RATE_LIMIT_PER_MINUTE: String(PER_MINUTE) });
    try {
      const answers = await inOrder(
        Array.from(
          { length: PER_MINUTE + 1 },
          () => () => alone.call('GET', '/api/v1/event-types', { headers: from(aCaller()) }),
        ),
      );
      expect(statuses(answers)).toEqual([401, 401, 401, 401, 401, 429]);
    } finally {
      await alone.close();
    }
  });
});

test('log-ins, calls of payment providers and all else are counted apart', async () => {
  const headers = from(aCaller());
  const kinds = {
    default: () => gateways[0].call('GET', '/api/v1/event-types', { headers }),
    auth: () => gateways[0].call('POST', '/api/v1/auth/register', { headers, body: { email: 'none' } }),
    callbacks: () => gateways[0].call('POST', '/api/v1/payment-callbacks/stripe', { headers, body: {} }),
    tests: () => gateways[0].call('POST', `/api/v1/subscriptions/${newId()}/test`, { headers }),
  };
  const expected = { default: 401, auth: 400, callbacks: 404, tests: 401 };
  for (const kind of ['default', 'auth', 'callbacks', 'tests'] as const) {
    const answers = await inOrder(Array(PER_MINUTE + 1).fill(kinds[kind]));
    expect(statuses(answers)).toEqual([...Array(PER_MINUTE).fill(expected[kind]), 429]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe(`"${kind}";q=5;w=60`);
  }
});

describe('guessing a password', () => {
  const logIn = (at: 0 | 1, email: string, password: string) =>
    gateways[at].call('POST', '/api/v1/auth/token', { headers: from(aCaller()), body: { email, password } });
  const guess = (email: string, times: number) =>
    inOrder(Array.from({ length: times }, (_, at) => () => logIn(at % 2 === 0 ? 0 : 1, email, 'wrong')));

  test('makes the account pause, on all gateways and whether it exists or not; the right one then lets in', async () => {
    await sharing();
    const answers: Record<string, unknown> = {};
    for (const email of ['customer@demo.local', 'nobody@demo.local']) {
      const failed = await guess(email, 5);
      expect(statuses(failed)).toEqual([401, 401, 401, 401, 401]);
      // The fifth failure is a second ago at most: also the right password has to wait.
      const paused = await logIn(1, email, DEMO_PASSWORD);
      expect(paused.headers.get('retry-after')).toBe('1');
      const { status, code, detail } = paused.body;
      answers[email] = { status, code, detail };
    }
    expect(answers['customer@demo.local']).toMatchObject({ status: 429, code: 'TOO_MANY_FAILURES' });
    expect(answers['nobody@demo.local']).toEqual(answers['customer@demo.local']);

    const untilLetIn = async (password: string) => {
      let answer = await logIn(0, 'customer@demo.local', password);
      await until('the pause is over', async () => {
        answer = await logIn(0, 'customer@demo.local', password);
        return answer.status !== 429;
      });
      return answer;
    };
    expect((await untilLetIn('wrong')).status).toBe(401);
    expect((await logIn(1, 'customer@demo.local', DEMO_PASSWORD)).headers.get('retry-after')).toBe('2');
    expect((await untilLetIn(DEMO_PASSWORD)).status).toBe(200);
    // Its failures are forgotten, here and there.
    expect(statuses(await guess('customer@demo.local', 4))).toEqual([401, 401, 401, 401]);
    expect((await logIn(1, 'customer@demo.local', DEMO_PASSWORD)).status).toBe(200);
  });

  test('with many guesses at once hashes few of them, and makes the others wait or come back', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => logIn(0, 'staff@demo.local', 'wrong')),
    );
    const codes = answers.map(({ body }) => body.code);
    const count = (code: string) => codes.filter((one) => one === code).length;
    // Two run at once: the second of them may have begun before the first one failed for the fifth time.
    expect(count('WRONG_CREDENTIALS')).toBeLessThanOrEqual(6);
    // On a slow machine one that was hashed may have been answered before that, when its time was up.
    const hashedOrLate = count('WRONG_CREDENTIALS') + count('SERVICE_UNAVAILABLE');
    expect(hashedOrLate).toBeGreaterThanOrEqual(5);
    expect(hashedOrLate + count('TOO_MANY_FAILURES') + count('TOO_MANY_LOG_INS')).toBe(60);
    expect(count('TOO_MANY_LOG_INS')).toBeGreaterThan(0);
    for (const { status, headers } of answers)
      if (status === 429) expect(headers.get('retry-after')).toMatch(/^\d+$/);
  });
});
