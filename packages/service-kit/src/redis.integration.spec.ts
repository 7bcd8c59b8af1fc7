import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@comanda/kit';
import { startRedis } from '@comanda/local-infra';
import { afterEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectRedis } from './redis.js';

const cleaning: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).reverse()) await clean();
});

async function startOwnRedis() {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-redis-'));
  cleaning.push(() => rmSync(directory, { recursive: true, force: true }));
  const server = await startRedis({ directory });
  cleaning.push(() => server.discard());
  return server;
}

/** A client as services have it, with what it says. */
function connect(url: string, prefix = '') {
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const redis = connectRedis({ url, prefix }, logger);
  cleaning.push(() => redis.disconnect());
  return { redis, saying: (text: string) => lines.filter((line) => line.includes(text)) };
}

test('a Redis that hangs is let go: what was asked is not kept for it, and it is back when it answers', async () => {
  const server = await startOwnRedis();
  const { redis, saying } = connect(server.url);
  try {
    await until('it is connected', () => redis.status === 'ready');
    await server.pause();
    await expect(redis.get('anything')).rejects.toThrow('Command timed out');
    // With the connection goes everything that waits on it for an answer.
    await until('its connection is given up', () => redis.status !== 'ready');
    await expect(redis.get('anything')).rejects.toThrow();
    await until('it was connected to again and again, in vain', () => redis.status === 'connect');
    await until('also the new connection is given up', () => redis.status === 'reconnecting');
    await server.resume();
    await until('it is back', () => redis.status === 'ready');
    expect(await redis.set('a', '1')).toBe('OK');
    expect(saying('Redis is away')).toHaveLength(1);
    expect(saying('Redis is back')).toHaveLength(1);
  } finally {
    await server.resume();
  }
});

test('a Redis with a password is used with it; without it, or with another, it is away: said once, without the password', async () => {
  const server = await startOwnRedis();
  const { port } = new URL(server.url);
  const { redis: operator } = connect(server.url);
  await until('it is connected', () => operator.status === 'ready');
  await operator.config('SET', 'requirepass', 'right-one');

  const { redis, saying } = connect(`redis://:right-one@127.0.0.1:${port}`, 'shop-1:');
  await until('it is connected', () => redis.status === 'ready');
  expect(await redis.set('a', '1')).toBe('OK');
  expect(await redis.eval("return redis.call('GET', KEYS[1])", 1, 'a')).toBe('1');
  expect(saying('away')).toHaveLength(0);
  // As another client sees it.
  expect(await operator.keys('*')).toEqual(['shop-1:a']);

  for (const [login, reason] of [
    [':wrong-one@', 'WRONGPASS'],
    ['', 'NOAUTH'],
  ] as const) {
    const { redis: refused, saying } = connect(`redis://${login}127.0.0.1:${port}`);
    let refusals = 0;
    refused.on('error', () => {
      refusals += 1;
    });
    await until('it was refused several times', () => refusals >= 3);
    expect(saying('')).toEqual([expect.stringContaining(reason)]);
    expect(saying('Redis is away')).toHaveLength(1);
    expect(saying('wrong-one')).toHaveLength(0);
    await expect(refused.get('a')).rejects.toThrow();
  }
});
