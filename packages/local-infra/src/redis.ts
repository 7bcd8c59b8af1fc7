import { mkdirSync } from 'node:fs';
import { findRedisServer } from './find-binaries.js';
import { freePort } from './free-port.js';
import { PrivateServer, type ServerOptions } from './private-server.js';
import { redisAnswers } from './redis-probe.js';

export type RedisServer = PrivateServer;

const READY_TIMEOUT_MS = 15_000;
const STOP_GRACE_MS = 5_000;

/**
 * Starts a private Redis on loopback that keeps nothing on disk: Comanda uses Redis for speed only, and must not
 * notice when all of it is gone. Resolves when it answers PING. (SIGSTOP its pid to get a Redis that hangs.)
 *
 * @throws Error when Redis is not installed, or does not come up (with the end of its log)
 */
export async function startRedis(options: ServerOptions): Promise<RedisServer> {
  const binary = findRedisServer();
  if (binary === undefined) throw new Error('redis-server is not installed on this machine');
  mkdirSync(options.directory, { recursive: true });
  const port = options.port ?? (await freePort());
  const url = `redis://127.0.0.1:${port}`;
  const { ownGroup, onLine } = options;
  const server = new PrivateServer({
    url,
    port,
    answers: () => redisAnswers(url),
    readyTimeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
    stopGraceMs: STOP_GRACE_MS,
    process: {
      name: 'Redis',
      command: binary,
      args: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
      cwd: options.directory,
      ...(ownGroup !== undefined && { ownGroup }),
      ...(onLine !== undefined && { onLine }),
    },
  });
  await server.start();
  return server;
}
