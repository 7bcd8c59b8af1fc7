import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { findRedisServer } from './find-binaries.js';
import { redisAnswers } from './redis-probe.js';
import type { Server, ServerKind, ServerOptions } from './server.js';
import { startServer } from './start-server.js';

export type RedisServer = Server;

export interface RedisOptions extends ServerOptions {
  /** Further settings, `tls-port` for instance, for a server that is a process. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Comanda uses Redis for speed only, and must work the same after Redis has lost everything. */
const KEEP_NOTHING = ['--save', '', '--appendonly', 'no'];

export const REDIS: ServerKind<RedisOptions> = {
  name: 'Redis',
  url: (host, port) => `redis://${host}:${port}`,
  answers: redisAnswers,
  readyTimeoutMs: 15_000,
  stopGraceMs: 5_000,
  container: () => ({
    image: 'redis:7',
    port: 6379,
    dataPath: '/data',
    command: ['redis-server', ...KEEP_NOTHING],
  }),
  process: async ({ directory, settings = {} }, port) => {
    const command = findRedisServer();
    if (command === undefined) throw new Error('redis-server is not installed on this machine');
    mkdirSync(directory, { recursive: true });
    return {
      command,
      args: ['--bind', '127.0.0.1', '--port', String(port), ...KEEP_NOTHING, ...asArguments(settings)],
      tools: dirname(command),
    };
  },
};

const asArguments = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);

/** Starts a Redis of our own that keeps nothing on disk; see `startServer`. */
export const startRedis = (options: RedisOptions): Promise<RedisServer> => startServer(REDIS, options);
