import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { AttemptResult } from '../domain/attempt-result.js';
import { anAnswer } from '../testing/an-answer.js';
import { DEFAULT_ENDPOINTS, Endpoints } from './endpoints.js';

const options = { ...DEFAULT_ENDPOINTS, openAfterFailures: 3, halfOpenAfterMs: 300 };

/** An attempt that counts its starts and ends when the test says so. */
function controlled(result: AttemptResult) {
  const { promise, resolve } = Promise.withResolvers<AttemptResult>();
  const attempt = {
    started: 0,
    run: () => {
      attempt.started += 1;
      return promise;
    },
    end: () => resolve(result),
  };
  return attempt;
}

const run = async (endpoints: Endpoints, key: string, times: number, status = 200) => {
  for (let n = 0; n < times; n++) await endpoints.run(key, async () => anAnswer(status));
};
const fail = (endpoints: Endpoints, key: string, times: number, status = 500) =>
  run(endpoints, key, times, status);

describe('the window of an endpoint', () => {
  test('begins with one attempt, and has one more after each quick answer, up to the bound', async () => {
    const endpoints = new Endpoints({ ...options, maxConcurrent: 5 });
    expect(endpoints.places('a')).toBe(1);
    await run(endpoints, 'a', 3);
    expect(endpoints.places('a')).toBe(4);
    await run(endpoints, 'a', 10);
    expect(endpoints.places('a')).toBe(5);
    expect(endpoints.places('b')).toBe(1);
  });

  test('has half as many after a failure, one at least; an error of the client changes nothing for the worse', async () => {
    const endpoints = new Endpoints({ ...options, openAfterFailures: 100 });
    await run(endpoints, 'a', 15);
    await fail(endpoints, 'a', 1);
    expect(endpoints.places('a')).toBe(8);
    await run(endpoints, 'a', 1, 404);
    expect(endpoints.places('a')).toBe(9);
    await fail(endpoints, 'a', 9);
    expect(endpoints.places('a')).toBe(1);
  });

  test('of one that is slow stays within the bound for slow ones', async () => {
    const endpoints = new Endpoints({ ...options, quickMs: -1, maxConcurrentWhenSlow: 2 });
    await run(endpoints, 'a', 5);
    expect(endpoints.places('a')).toBe(2);
  });

  test('is one where the channel has limits of its own, and closed until it says so', async () => {
    const endpoints = new Endpoints(options);
    let freeAt = 0;
    await endpoints.run('a', async () => anAnswer(200), { freeAt: () => freeAt });
    await endpoints.run('a', async () => anAnswer(200), { freeAt: () => freeAt });
    expect(endpoints.places('a')).toBe(1);
    expect(endpoints.pausedUntil('a')).toBeUndefined();
    freeAt = Date.now() + 60_000;
    expect(endpoints.pausedUntil('a')).toBe(freeAt);
    expect(endpoints.pausedUntil('b')).toBeUndefined();
  });

  test('is closed for as long as the endpoint asks with 429, an hour at most', async () => {
    const endpoints = new Endpoints(options);
    const askedFor = async (key: string, retryAt: number) =>
      endpoints.run(key, async () => ({ ...anAnswer(429), retryAt }));
    const soon = Date.now() + 60_000;
    await askedFor('a', soon);
    expect(endpoints.pausedUntil('a')).toBe(soon);
    await askedFor('b', soon + 86_400_000);
    expect(endpoints.pausedUntil('b')).toBeLessThan(soon + 3_600_000);
    expect(endpoints.pausedUntil('c')).toBeUndefined();
    expect(endpoints.heldSince('a')).toBeLessThanOrEqual(Date.now());
    await run(endpoints, 'a', 1);
    expect(endpoints.heldSince('a')).toBeUndefined();
  });
});

describe('a host', () => {
  test('has so many places over all its endpoints, which share them; who finds none comes back unsent', async () => {
    const endpoints = new Endpoints({ ...options, maxConcurrentPerHost: 3 });
    const slow = controlled(anAnswer(200));
    const on = (host: string) => ({ host });
    for (const key of ['a', 'b'])
      for (let n = 0; n < 9; n++) await endpoints.run(key, async () => anAnswer(200), on('one:443'));
    expect(endpoints.places('a')).toBe(3);
    const running = ['a', 'a', 'b'].map((key) => endpoints.run(key, slow.run, on('one:443')));
    expect([endpoints.places('a'), endpoints.places('b')]).toEqual([1, 1]);
    expect(await endpoints.run('d', slow.run, on('one:443'))).toMatchObject({
      kind: 'not-attempted',
      reason: 'busy',
      detail: '3 attempts are running for this host',
    });
    expect(slow.started).toBe(3);
    expect(await endpoints.run('d', async () => anAnswer(201), on('one:8443'))).toMatchObject({
      status: 201,
    });
    const forced = { host: 'one:443', force: true };
    expect(await endpoints.run('d', async () => anAnswer(202), forced)).toMatchObject({ status: 202 });
    slow.end();
    expect(await Promise.all(running)).toMatchObject(running.map(() => ({ status: 200 })));
    expect(await endpoints.run('d', async () => anAnswer(203), on('one:443'))).toMatchObject({ status: 203 });
    expect(endpoints.places('a')).toBe(3);
  });

  test('that is full says nothing about the endpoint: failures before and after are in a row', async () => {
    const endpoints = new Endpoints({ ...options, maxConcurrentPerHost: 1 });
    await fail(endpoints, 'a', 2);
    const slow = controlled(anAnswer(200));
    const running = endpoints.run('b', slow.run, { host: 'one:443' });
    expect(await endpoints.run('a', slow.run, { host: 'one:443' })).toMatchObject({ reason: 'busy' });
    slow.end();
    await running;
    await fail(endpoints, 'a', 1);
    expect(await endpoints.run('a', async () => anAnswer(200))).toMatchObject({ reason: 'breaker-open' });
  });

  test('gets its place back from an attempt that throws, which is not swallowed', async () => {
    const endpoints = new Endpoints({ ...options, maxConcurrentPerHost: 1 });
    const broken = () => Promise.reject(new RangeError('bug'));
    for (let n = 0; n < 5; n++)
      await expect(endpoints.run('a', broken, { host: 'one:443' })).rejects.toThrow('bug');
    expect(await endpoints.run('a', async () => anAnswer(200), { host: 'one:443' })).toMatchObject({
      status: 200,
    });
  });
});

describe('the circuit', () => {
  test('opens after the failures in a row, for that endpoint alone', async () => {
    const endpoints = new Endpoints(options);
    await fail(endpoints, 'a', 3);
    const held = await endpoints.run('a', () => Promise.reject(new Error('must not run')));
    expect(held).toMatchObject({ kind: 'not-attempted', reason: 'breaker-open' });
    expect(held.kind === 'not-attempted' && held.retryAfterMs).toBeLessThanOrEqual(300);
    expect(endpoints.pausedUntil('a')).toBeGreaterThan(Date.now() - 1);
    expect(endpoints.pausedUntil('b')).toBeUndefined();
    expect(await endpoints.run('b', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });

  test('stays closed when a success comes in between', async () => {
    const endpoints = new Endpoints(options);
    await fail(endpoints, 'a', 2);
    await endpoints.run('a', async () => anAnswer(200));
    await fail(endpoints, 'a', 2);
    expect(await endpoints.run('a', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });

  test.each([301, 400, 404, 410, 429])(
    'stays closed however often the endpoint answers %i: it is alive',
    async (status) => {
      const endpoints = new Endpoints(options);
      await fail(endpoints, 'a', 10, status);
      expect(await endpoints.run('a', async () => anAnswer(200))).toMatchObject({ status: 200 });
    },
  );

  test('lets one single attempt try after a while, and closes when that succeeds', async () => {
    const endpoints = new Endpoints(options);
    await fail(endpoints, 'a', 3);
    await sleep(350);
    expect(endpoints.pausedUntil('a')).toBeUndefined();
    expect(endpoints.places('a')).toBe(1);
    const probe = controlled(anAnswer(200));
    expect(endpoints.heldSince('a')).toBeLessThan(Date.now());
    const running = endpoints.run('a', probe.run);
    expect(await endpoints.run('a', probe.run)).toMatchObject({
      kind: 'not-attempted',
      reason: 'breaker-open',
    });
    probe.end();
    expect(await running).toMatchObject({ status: 200 });
    expect(probe.started).toBe(1);
    expect(endpoints.heldSince('a')).toBeUndefined();
    expect(await endpoints.run('a', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });

  test('opens again at once when the single attempt fails', async () => {
    const endpoints = new Endpoints(options);
    await fail(endpoints, 'a', 3);
    await sleep(350);
    await fail(endpoints, 'a', 1);
    expect(await endpoints.run('a', async () => anAnswer(200))).toMatchObject({ reason: 'breaker-open' });
  });

  test('is gone round by a manual retry, which always really sends', async () => {
    const endpoints = new Endpoints(options);
    await fail(endpoints, 'a', 3);
    expect(await endpoints.run('a', async () => anAnswer(200), { force: true })).toMatchObject({
      status: 200,
    });
  });
});

describe('the memory of endpoints', () => {
  test('is bounded: the one unused for longest goes, one that is running stays', async () => {
    const endpoints = new Endpoints({ ...options, maxIdle: 3 });
    await run(endpoints, 'running', 4);
    const slow = controlled(anAnswer(200));
    const running = [endpoints.run('running', slow.run), endpoints.run('running', slow.run)];
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
    const endpoints = new Endpoints(options);
    await fail(endpoints, 'a', 2);
    await run(endpoints, 'b', 1);
    await fail(endpoints, 'a', 1);
    expect(await endpoints.run('a', async () => anAnswer(200))).toMatchObject({ reason: 'breaker-open' });
  });
});
