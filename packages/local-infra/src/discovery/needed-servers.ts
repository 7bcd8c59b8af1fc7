import type { AptPackage } from '../install/apt.js';
import { DEFAULT_RABBITMQ_URL } from '../servers/amqp-probe.js';
import { findRabbitMqScripts, findRedisServer } from '../servers/find-binaries.js';
import { RABBITMQ } from '../servers/rabbitmq.js';
import { REDIS } from '../servers/redis.js';
import { DEFAULT_REDIS_URL } from '../servers/redis-probe.js';
import type { Server, ServerOptions } from '../servers/server.js';
import { prepareServer } from '../servers/start-server.js';

/** One of the two servers that Comanda needs, and every way to get it. */
export interface NeededServer {
  readonly name: 'RabbitMQ' | 'Redis';
  readonly defaultUrl: string;
  readonly program: Exclude<AptPackage, 'postgresql' | 'nginx'>;
  readonly answers: (url: string) => Promise<boolean>;
  readonly isInstalled: () => boolean;
  /** Not started yet. */
  readonly prepare: (options: ServerOptions) => Promise<Server>;
}

export const NEEDED_SERVERS: { readonly rabbitmq: NeededServer; readonly redis: NeededServer } = {
  rabbitmq: {
    name: 'RabbitMQ',
    defaultUrl: DEFAULT_RABBITMQ_URL,
    program: 'rabbitmq-server',
    answers: RABBITMQ.answers,
    isInstalled: () => findRabbitMqScripts() !== undefined,
    prepare: (options) => prepareServer(RABBITMQ, options),
  },
  redis: {
    name: 'Redis',
    defaultUrl: DEFAULT_REDIS_URL,
    program: 'redis-server',
    answers: REDIS.answers,
    isInstalled: () => findRedisServer() !== undefined,
    prepare: (options) => prepareServer(REDIS, options),
  },
};
