import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { startRedis } from './redis.js';
import { redisAnswers } from './redis-probe.js';
import { useServer } from './test/use-server.js';

describe.each(['process', 'container'] as const)('a Redis of our own, as a %s', (runAs) => {
  const server = useServer((directory) => startRedis({ directory, runAs }));

  it('listens on a port of its own', () => {
    expect(server().port).not.toBe(6379);
    expect(server().running).toBe(true);
  });

  it('is gone after SIGKILL, and comes back empty on the same port', async () => {
    const client = new Redis(server().url);
    await client.set('key', 'value');
    client.disconnect();
    const { url } = server();

    await server().kill();
    expect(await redisAnswers(url)).toBe(false);

    await server().start();
    expect(server().url).toBe(url);
    const again = new Redis(server().url);
    expect(await again.get('key')).toBeNull();
    again.disconnect();
  });

  it('keeps its port and answers nobody while it is paused', async () => {
    await server().pause();
    expect(await redisAnswers(server().url, 200)).toBe(false);
    await server().resume();
    expect(await redisAnswers(server().url)).toBe(true);
  });

  it('refuses to be started twice', async () => {
    await expect(server().start()).rejects.toThrow('running already');
  });
});
