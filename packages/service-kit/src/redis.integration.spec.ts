import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@comanda/kit';
import { startRedis } from '@comanda/local-infra';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectRedis } from './redis.js';

test('a Redis that hangs is let go: what was asked is not kept for it, and it is back when it answers', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-redis-'));
  const server = await startRedis({ directory });
  const lines: string[] = [];
  const redis = connectRedis(server.url, pino({}, { write: (line: string) => void lines.push(line) }));
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
    expect(lines.filter((line) => line.includes('Redis is away'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('Redis is back'))).toHaveLength(1);
  } finally {
    await server.resume();
    redis.disconnect();
    await server.discard();
    rmSync(directory, { recursive: true, force: true });
  }
}, 90_000);
