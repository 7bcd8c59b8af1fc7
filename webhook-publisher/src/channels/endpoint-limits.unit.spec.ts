import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { AttemptResult } from '../domain/attempt-result.js';
import { anAnswer } from '../testing/an-answer.js';
import { DEFAULT_ENDPOINT_LIMITS, EndpointLimits } from './endpoint-limits.js';

const options = {
  ...DEFAULT_ENDPOINT_LIMITS,
  maxConcurrent: 2,
  maxWaiting: 0,
  openAfterFailures: 3,
  halfOpenAfterMs: 300,
};

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

async function fail(limits: EndpointLimits, key: string, times: number, status = 500): Promise<void> {
  for (let n = 0; n < times; n++) await limits.run(key, async () => anAnswer(status));
}

describe('concurrency', () => {
  test('attempts over the limit come back at once, unsent, and another endpoint is not touched', async () => {
    const limits = new EndpointLimits(options);
    const slow = controlled(anAnswer(200));
    const running = [limits.run('a', slow.run), limits.run('a', slow.run)];
    expect(await limits.run('a', slow.run)).toMatchObject({ kind: 'not-attempted', reason: 'busy' });
    expect(slow.started).toBe(2);
    expect(await limits.run('b', async () => anAnswer(204))).toMatchObject({ status: 204 });
    slow.end();
    expect(await Promise.all(running)).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(await limits.run('a', async () => anAnswer(201))).toMatchObject({ status: 201 });
  });

  test('a burst waits for its turn, as much as the options allow, and all of it is sent', async () => {
    const limits = new EndpointLimits({ ...options, maxWaiting: 3 });
    const slow = controlled(anAnswer(200));
    const burst = Array.from({ length: 5 }, () => limits.run('a', slow.run));
    expect(await limits.run('a', slow.run)).toMatchObject({ kind: 'not-attempted', reason: 'busy' });
    expect(slow.started).toBe(2);
    slow.end();
    expect(await Promise.all(burst)).toHaveLength(5);
    expect(slow.started).toBe(5);
  });

  test('over all endpoints on a host is bounded: who comes late waits, then comes back unsent; others are not touched', async () => {
    const limits = new EndpointLimits({ ...options, maxConcurrentPerHost: 3, maxWaitingPerHost: 1 });
    const slow = controlled(anAnswer(200));
    const on = (host: string) => ({ host });
    const running = ['a', 'a', 'b', 'c'].map((key) => limits.run(key, slow.run, on('one:443')));
    await Promise.resolve();
    expect(slow.started).toBe(3);
    expect(await limits.run('d', slow.run, on('one:443'))).toMatchObject({
      kind: 'not-attempted',
      reason: 'busy',
      detail: '3 attempts are running for this host',
    });
    expect(await limits.run('d', async () => anAnswer(201), on('one:8443'))).toMatchObject({ status: 201 });
    expect(await limits.run('d', async () => anAnswer(202), { host: 'one:443', force: true })).toMatchObject({
      status: 202,
    });
    slow.end();
    expect(await Promise.all(running)).toMatchObject(running.map(() => ({ status: 200 })));
    expect(slow.started).toBe(4);
    expect(await limits.run('d', async () => anAnswer(203), on('one:443'))).toMatchObject({ status: 203 });
  });

  test('of a host that is full says nothing about the endpoint: failures before and after are in a row', async () => {
    const limits = new EndpointLimits({ ...options, maxConcurrentPerHost: 1, maxWaitingPerHost: 0 });
    await fail(limits, 'a', 2);
    const slow = controlled(anAnswer(200));
    const running = limits.run('b', slow.run, { host: 'one:443' });
    expect(await limits.run('a', slow.run, { host: 'one:443' })).toMatchObject({ reason: 'busy' });
    slow.end();
    await running;
    await fail(limits, 'a', 1);
    expect(await limits.run('a', async () => anAnswer(200))).toMatchObject({ reason: 'breaker-open' });
  });

  test('an attempt that throws gives its place back and is not swallowed', async () => {
    const limits = new EndpointLimits(options);
    for (let n = 0; n < 5; n++) {
      await expect(limits.run('a', () => Promise.reject(new RangeError('bug')))).rejects.toThrow('bug');
    }
    expect(await limits.run('a', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });
});

describe('the circuit', () => {
  test('opens after the failures in a row, for that endpoint alone', async () => {
    const limits = new EndpointLimits(options);
    await fail(limits, 'a', 3);
    const held = await limits.run('a', () => Promise.reject(new Error('must not run')));
    expect(held).toMatchObject({ kind: 'not-attempted', reason: 'breaker-open' });
    expect(held.kind === 'not-attempted' && held.retryAfterMs).toBeLessThanOrEqual(300);
    expect(await limits.run('b', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });

  test('stays closed when a success comes in between', async () => {
    const limits = new EndpointLimits(options);
    await fail(limits, 'a', 2);
    await limits.run('a', async () => anAnswer(200));
    await fail(limits, 'a', 2);
    expect(await limits.run('a', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });

  test.each([301, 400, 404, 410, 429])(
    'stays closed however often the endpoint answers %i: it is alive',
    async (status) => {
      const limits = new EndpointLimits(options);
      await fail(limits, 'a', 10, status);
      expect(await limits.run('a', async () => anAnswer(200))).toMatchObject({ status: 200 });
    },
  );

  test('lets one single attempt try after a while, and closes when that succeeds', async () => {
    const limits = new EndpointLimits(options);
    await fail(limits, 'a', 3);
    await sleep(350);
    const probe = controlled(anAnswer(200));
    const running = limits.run('a', probe.run);
    expect(await limits.run('a', probe.run)).toMatchObject({ kind: 'not-attempted', reason: 'breaker-open' });
    probe.end();
    expect(await running).toMatchObject({ status: 200 });
    expect(probe.started).toBe(1);
    expect(await limits.run('a', async () => anAnswer(200))).toMatchObject({ status: 200 });
  });

  test('opens again at once when the single attempt fails', async () => {
    const limits = new EndpointLimits(options);
    await fail(limits, 'a', 3);
    await sleep(350);
    await fail(limits, 'a', 1);
    expect(await limits.run('a', async () => anAnswer(200))).toMatchObject({ reason: 'breaker-open' });
  });

  test('and the concurrency limit are gone round by a manual retry, which always really sends', async () => {
    const limits = new EndpointLimits(options);
    await fail(limits, 'a', 3);
    expect(await limits.run('a', async () => anAnswer(200), { force: true })).toMatchObject({ status: 200 });
  });
});

describe('the memory of endpoints', () => {
  test('is bounded: the one unused for longest goes, one that is running stays', async () => {
    const limits = new EndpointLimits({ ...options, maxIdle: 3 });
    const slow = controlled(anAnswer(200));
    const running = [limits.run('running', slow.run), limits.run('running', slow.run)];
    for (const key of ['b', 'c', 'd', 'e', 'f']) await limits.run(key, async () => anAnswer(200));
    expect(limits.size).toBe(4);
    expect(await limits.run('running', slow.run)).toMatchObject({ reason: 'busy' });
    slow.end();
    await Promise.all(running);
    expect(limits.size).toBe(3);
  });

  test('keeps what an idle endpoint did: its failures still count in a row', async () => {
    const limits = new EndpointLimits(options);
    await fail(limits, 'a', 2);
    await limits.run('b', async () => anAnswer(200));
    await fail(limits, 'a', 1);
    expect(await limits.run('a', async () => anAnswer(200))).toMatchObject({ reason: 'breaker-open' });
  });
});
