import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { AttemptResult } from '../domain/attempt-result.js';
import { anAnswer } from '../testing/an-answer.js';
import {
  DEFAULT_ENDPOINTS,
  type Destination,
  Endpoints,
  type EndpointsOptions,
  type Route,
} from './endpoints.js';

const options = { ...DEFAULT_ENDPOINTS, openAfterFailures: 3, halfOpenAfterMs: 300 };
const TARGET = 'https://hooks.example.com/';
/** By subscription, what staff have changed; the others are as they were. */
const changed = new Map<string, Destination>();
const endpointsWith = (more: Partial<EndpointsOptions> = {}) =>
  new Endpoints({ ...options, ...more }, async ({ subscriptionId }) => changed.get(subscriptionId));
beforeEach(() => changed.clear());

const attempt = (
  endpoints: Endpoints,
  key: string,
  made: () => Promise<AttemptResult>,
  route: Partial<Route> = {},
) => endpoints.run(key, made, { tenantId: 'default', target: TARGET, ...route });

/** An attempt that counts its starts and ends when the test says so. */
function controlled(result: AttemptResult) {
  const { promise, resolve } = Promise.withResolvers<AttemptResult>();
  const controls = {
    started: 0,
    run: () => {
      controls.started += 1;
      return promise;
    },
    end: () => resolve(result),
  };
  return controls;
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(10);
};

const run = async (endpoints: Endpoints, key: string, times: number, status = 200) => {
  for (let n = 0; n < times; n++) await attempt(endpoints, key, async () => anAnswer(status));
};
const fail = (endpoints: Endpoints, key: string, times: number, status = 500) =>
  run(endpoints, key, times, status);

describe('the window of an endpoint', () => {
  test('begins with one attempt, and has one more after each quick answer, up to the bound', async () => {
    const endpoints = endpointsWith({ maxConcurrent: 5 });
    expect(endpoints.places('a')).toBe(1);
    await run(endpoints, 'a', 3);
    expect(endpoints.places('a')).toBe(4);
    await run(endpoints, 'a', 10);
    expect(endpoints.places('a')).toBe(5);
    expect(endpoints.places('b')).toBe(1);
  });

  test('has half as many after a failure, one at least; an error of the client changes nothing for the worse', async () => {
    const endpoints = endpointsWith({ openAfterFailures: 100 });
    await run(endpoints, 'a', 15);
    await fail(endpoints, 'a', 1);
    expect(endpoints.places('a')).toBe(8);
    await run(endpoints, 'a', 1, 404);
    expect(endpoints.places('a')).toBe(9);
    await fail(endpoints, 'a', 9);
    expect(endpoints.places('a')).toBe(1);
  });

  test('of one that is slow stays within the bound for slow ones', async () => {
    const endpoints = endpointsWith({ quickMs: -1, maxConcurrentWhenSlow: 2 });
    await run(endpoints, 'a', 5);
    expect(endpoints.places('a')).toBe(2);
  });

  test('is one where the channel has limits of its own, and closed until it says so', async () => {
    const endpoints = endpointsWith();
    let freeAt = 0;
    await attempt(endpoints, 'a', async () => anAnswer(200), { freeAt: () => freeAt });
    await attempt(endpoints, 'a', async () => anAnswer(200), { freeAt: () => freeAt });
    expect(endpoints.places('a')).toBe(1);
    expect(endpoints.pausedUntil('a')).toBeUndefined();
    freeAt = Date.now() + 60_000;
    expect(endpoints.pausedUntil('a')).toBe(freeAt);
    expect(endpoints.pausedUntil('b')).toBeUndefined();
  });

  test('is closed for as long as the endpoint asks with 429, an hour at most', async () => {
    const endpoints = endpointsWith();
    const askedFor = async (key: string, retryAt: number) =>
      attempt(endpoints, key, async () => ({ ...anAnswer(429), retryAt }));
    const soon = Date.now() + 60_000;
    await askedFor('a', soon);
    expect(endpoints.pausedUntil('a')).toBe(soon);
    await askedFor('b', soon + 86_400_000);
    expect(endpoints.pausedUntil('b')).toBeLessThan(soon + 3_600_000);
    expect(endpoints.pausedUntil('c')).toBeUndefined();
    expect(endpoints.heldSince('a', TARGET)).toBeLessThanOrEqual(Date.now());
    await run(endpoints, 'a', 1);
    expect(endpoints.heldSince('a', TARGET)).toBeUndefined();
  });
});

describe('a rate limit of a subscription', () => {
  test('lets no second have more attempts than it says, whichever second it is; the rest comes back in time', async () => {
    const endpoints = endpointsWith();
    let now = 1_800_000_000_000;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
    try {
      const made: number[] = [];
      const begin = () =>
        attempt(
          endpoints,
          'a',
          async () => {
            made.push(now);
            return anAnswer(200);
          },
          { rateLimit: 3 },
        );
      // Tries every 100 ms for three seconds, as fast as it is let.
      const held: AttemptResult[] = [];
      for (const end = now + 3_000; now < end; now += 100)
        for (let nth = 0; nth < 3; nth++) {
          const pausedUntil = endpoints.pausedUntil('a');
          const result = await begin();
          if (result.kind === 'not-attempted') held.push(result);
          // Who asks before is told the same.
          expect(pausedUntil !== undefined).toBe(result.kind === 'not-attempted');
          if (result.kind === 'not-attempted') expect(pausedUntil).toBe(now + result.retryAfterMs);
        }
      expect(made).toHaveLength(9);
      for (const [at, begun] of made.entries())
        if (at >= 3) expect(begun - (made[at - 3] ?? 0)).toBeGreaterThanOrEqual(1_000);
      expect(held.length).toBe(90 - 9);
      expect(held[0]).toEqual({
        ...{ kind: 'not-attempted', reason: 'throttled', retryAfterMs: 900 },
        detail: '3 attempts a second may begin for this subscription',
      });
      // It was not left alone for anything it did, so the schedule of what waits stands still.
      expect(endpoints.heldSince('a', TARGET)).toBeUndefined();
      expect(endpoints.circuit('a')).toBe('CLOSED');
    } finally {
      clock.mockRestore();
    }
  });

  test('bounds how many may run at once by what is left of the second, and ends with the limit', async () => {
    const endpoints = endpointsWith();
    const limited = { rateLimit: 4 };
    for (let nth = 0; nth < 2; nth++) await attempt(endpoints, 'a', async () => anAnswer(200), limited);
    const slow = controlled(anAnswer(200));
    const running = attempt(endpoints, 'a', slow.run, limited);
    // One runs, and one more may begin; the window alone would let three run.
    expect(endpoints.places('a')).toBe(2);
    slow.end();
    await running;
    expect(endpoints.places('a')).toBe(1);
    await attempt(endpoints, 'a', async () => anAnswer(200), limited);
    expect(endpoints.pausedUntil('a')).toBeGreaterThan(Date.now());
    expect(endpoints.pausedUntil('b')).toBeUndefined();
    // By hand it is sent all the same, and without a limit at once.
    const byHand = await attempt(endpoints, 'a', async () => anAnswer(200), { ...limited, force: true });
    expect(byHand.kind).toBe('response');
    expect((await attempt(endpoints, 'a', async () => anAnswer(200))).kind).toBe('response');
    expect(endpoints.pausedUntil('a')).toBeUndefined();
  });
});

describe('a host', () => {
  test('has so many places over all its endpoints, which share them; who finds none comes back unsent', async () => {
    const endpoints = endpointsWith({ maxConcurrentPerHost: 3 });
    const slow = controlled(anAnswer(200));
    const on = (host: string) => ({ host });
    for (const key of ['a', 'b'])
      for (let n = 0; n < 9; n++) await attempt(endpoints, key, async () => anAnswer(200), on('one:443'));
    expect(endpoints.places('a')).toBe(3);
    const running = ['a', 'a', 'b'].map((key) => attempt(endpoints, key, slow.run, on('one:443')));
    expect([endpoints.places('a'), endpoints.places('b')]).toEqual([1, 1]);
    expect(await attempt(endpoints, 'd', slow.run, on('one:443'))).toMatchObject({
      kind: 'not-attempted',
      reason: 'busy',
      detail: '3 attempts are running for this host',
    });
    expect(slow.started).toBe(3);
    expect(await attempt(endpoints, 'd', async () => anAnswer(201), on('one:8443'))).toMatchObject({
      status: 201,
    });
    const forced = { host: 'one:443', force: true };
    expect(await attempt(endpoints, 'd', async () => anAnswer(202), forced)).toMatchObject({ status: 202 });
    slow.end();
    expect(await Promise.all(running)).toMatchObject(running.map(() => ({ status: 200 })));
    expect(await attempt(endpoints, 'd', async () => anAnswer(203), on('one:443'))).toMatchObject({
      status: 203,
    });
    expect(endpoints.places('a')).toBe(3);
  });

  test('that is full says nothing about the endpoint: failures before and after are in a row', async () => {
    const endpoints = endpointsWith({ maxConcurrentPerHost: 1 });
    await fail(endpoints, 'a', 2);
    const slow = controlled(anAnswer(200));
    const running = attempt(endpoints, 'b', slow.run, { host: 'one:443' });
    expect(await attempt(endpoints, 'a', slow.run, { host: 'one:443' })).toMatchObject({ reason: 'busy' });
    slow.end();
    await running;
    await fail(endpoints, 'a', 1);
    expect(await attempt(endpoints, 'a', async () => anAnswer(200))).toMatchObject({
      reason: 'breaker-open',
    });
  });

  test('gets its place back from an attempt that throws, which is not swallowed', async () => {
    const endpoints = endpointsWith({ maxConcurrentPerHost: 1 });
    const broken = () => Promise.reject(new RangeError('bug'));
    for (let n = 0; n < 5; n++)
      await expect(attempt(endpoints, 'a', broken, { host: 'one:443' })).rejects.toThrow('bug');
    expect(await attempt(endpoints, 'a', async () => anAnswer(200), { host: 'one:443' })).toMatchObject({
      status: 200,
    });
  });
});

describe('the circuit', () => {
  test('opens after the failures in a row, for that endpoint alone', async () => {
    const endpoints = endpointsWith();
    await fail(endpoints, 'a', 3);
    const held = await attempt(endpoints, 'a', () => Promise.reject(new Error('must not run')));
    expect(held).toMatchObject({ kind: 'not-attempted', reason: 'breaker-open' });
    expect(held.kind === 'not-attempted' && held.retryAfterMs).toBeLessThanOrEqual(300);
    expect(endpoints.pausedUntil('a')).toBeGreaterThan(Date.now() - 1);
    expect(endpoints.pausedUntil('b')).toBeUndefined();
    expect(await attempt(endpoints, 'b', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });

  test('stays closed when a success comes in between', async () => {
    const endpoints = endpointsWith();
    await fail(endpoints, 'a', 2);
    await attempt(endpoints, 'a', async () => anAnswer(200));
    await fail(endpoints, 'a', 2);
    expect(await attempt(endpoints, 'a', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });

  test.each([301, 400, 404, 410, 429])(
    'stays closed however often the endpoint answers %i: it is alive',
    async (status) => {
      const endpoints = endpointsWith();
      await fail(endpoints, 'a', 10, status);
      expect(await attempt(endpoints, 'a', async () => anAnswer(200))).toMatchObject({ status: 200 });
    },
  );

  test('lets one single attempt try after a while, and closes when that succeeds', async () => {
    const endpoints = endpointsWith();
    await fail(endpoints, 'a', 3);
    await sleep(350);
    expect(endpoints.pausedUntil('a')).toBeUndefined();
    expect(endpoints.places('a')).toBe(1);
    const probe = controlled(anAnswer(200));
    expect(endpoints.heldSince('a', TARGET)).toBeLessThan(Date.now());
    const running = attempt(endpoints, 'a', probe.run);
    expect(await attempt(endpoints, 'a', probe.run)).toMatchObject({
      kind: 'not-attempted',
      reason: 'breaker-open',
    });
    probe.end();
    expect(await running).toMatchObject({ status: 200 });
    expect(probe.started).toBe(1);
    expect(endpoints.heldSince('a', TARGET)).toBeUndefined();
    expect(await attempt(endpoints, 'a', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });

  test('opens again at once when the single attempt fails', async () => {
    const endpoints = endpointsWith();
    await fail(endpoints, 'a', 3);
    await sleep(350);
    await fail(endpoints, 'a', 1);
    expect(await attempt(endpoints, 'a', async () => anAnswer(200))).toMatchObject({
      reason: 'breaker-open',
    });
  });

  test('is gone round by a manual retry, which always really sends', async () => {
    const endpoints = endpointsWith();
    await fail(endpoints, 'a', 3);
    expect(await attempt(endpoints, 'a', async () => anAnswer(200), { force: true })).toMatchObject({
      status: 200,
    });
  });
});

describe('another target', () => {
  const elsewhere = 'https://hooks.example.com/new';

  test('is not held back by what the former one did, from the moment that staff name it', async () => {
    const endpoints = endpointsWith();
    const quiet = async () => ({ ...anAnswer(429), retryAt: Date.now() + 600_000 });
    await run(endpoints, 'a', 5);
    await attempt(endpoints, 'a', quiet);
    expect(endpoints.pausedUntil('a')).toBeGreaterThan(Date.now() + 500_000);
    changed.set('a', { target: elsewhere });
    expect(endpoints.heldSince('a', TARGET)).toBeDefined();
    expect(endpoints.heldSince('a', elsewhere)).toBeUndefined();
    await until(() => endpoints.pausedUntil('a') === undefined);
    expect(endpoints.places('a')).toBe(1);
  });

  test('has a circuit of its own, which an attempt at the former one that is still running does not touch', async () => {
    const endpoints = endpointsWith();
    await fail(endpoints, 'a', 2);
    const late = controlled(anAnswer(500));
    const running = attempt(endpoints, 'a', late.run);
    const there = (status: number) =>
      attempt(endpoints, 'a', async () => anAnswer(status), { target: elsewhere });
    expect(await there(200)).toMatchObject({ status: 200 });
    late.end();
    expect(await running).toMatchObject({ status: 500 });
    expect(endpoints.places('a')).toBe(2);
    expect(endpoints.pausedUntil('a')).toBeUndefined();
    expect(await there(201)).toMatchObject({ status: 201 });
    expect(endpoints.size).toBe(1);
  });

  test('is looked up once a second at most, and what is where it was stays held', async () => {
    let asked = 0;
    const endpoints = new Endpoints(options, async () => {
      asked += 1;
      return { target: TARGET };
    });
    await fail(endpoints, 'a', 3);
    for (let n = 0; n < 50; n++) endpoints.pausedUntil('a');
    await sleep(10);
    expect(asked).toBe(1);
    expect(endpoints.pausedUntil('a')).toBeDefined();
  });

  test('stays unknown while the database does not answer', async () => {
    const endpoints = new Endpoints(options, () => Promise.reject(new Error('away')));
    await fail(endpoints, 'a', 3);
    endpoints.pausedUntil('a');
    await sleep(10);
    expect(endpoints.pausedUntil('a')).toBeDefined();
  });
});

describe('the memory of endpoints', () => {
  test('is bounded: the one unused for longest goes, one that is running stays', async () => {
    const endpoints = endpointsWith({ maxIdle: 3 });
    await run(endpoints, 'running', 4);
    const slow = controlled(anAnswer(200));
    const running = [attempt(endpoints, 'running', slow.run), attempt(endpoints, 'running', slow.run)];
    for (const key of ['b', 'c', 'd', 'e', 'f']) await run(endpoints, key, 1);
    expect(endpoints.size).toBe(4);
    expect(['running', 'b', 'c', 'd', 'e', 'f'].map((key) => endpoints.places(key))).toEqual([
      5, 1, 1, 2, 2, 2,
    ]);
    slow.end();
    await Promise.all(running);
    expect(endpoints.size).toBe(3);
  });

  test('keeps what an idle endpoint did: its failures still count in a row', async () => {
    const endpoints = endpointsWith();
    await fail(endpoints, 'a', 2);
    await run(endpoints, 'b', 1);
    await fail(endpoints, 'a', 1);
    expect(await attempt(endpoints, 'a', async () => anAnswer(200))).toMatchObject({
      reason: 'breaker-open',
    });
  });
});
