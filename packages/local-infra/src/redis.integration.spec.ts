import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from './redis.js';
import { redisAnswers } from './redis-probe.js';

describe('a private Redis', () => {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-redis-'));
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis({ directory });
  });

  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  it('listens on a port of its own', () => {
    expect(server.port).not.toBe(6379);
    expect(server.running).toBe(true);
  });

  it('is gone after SIGKILL, and comes back empty on the same port', async () => {
    const client = new Redis(server.url);
    await client.set('key', 'value');
    client.disconnect();
    const { pid, url } = server;

    await server.kill();
    expect(await redisAnswers(url)).toBe(false);

    await server.start();
    expect(server.url).toBe(url);
    expect(server.pid).not.toBe(pid);
    const again = new Redis(server.url);
    expect(await again.get('key')).toBeNull();
    again.disconnect();
  });

  it('refuses to be started twice', async () => {
    await expect(server.start()).rejects.toThrow('running already');
  });
});
