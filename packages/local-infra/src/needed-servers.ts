import { join } from 'node:path';
import { DEFAULT_RABBITMQ_URL, rabbitMqAnswers } from './amqp-probe.js';
import type { AptPackage } from './apt.js';
import { type Container, startRabbitMqContainer, startRedisContainer } from './docker.js';
import { findRabbitMqScripts, findRedisServer } from './find-binaries.js';
import type { PrivateServer, ServerOptions } from './private-server.js';
import { startRabbitMq } from './rabbitmq.js';
import { startRedis } from './redis.js';
import { DEFAULT_REDIS_URL, redisAnswers } from './redis-probe.js';

/** One of the two servers that Comanda stands on, and every way to get at it. */
export interface NeededServer {
  readonly name: 'RabbitMQ' | 'Redis';
  readonly variable: 'RABBITMQ_URL' | 'REDIS_URL';
  readonly defaultUrl: string;
  readonly program: Exclude<AptPackage, 'postgresql'>;
  readonly answers: (url: string) => Promise<boolean>;
  readonly isInstalled: () => boolean;
  readonly startPrivate: (options: ServerOptions) => Promise<PrivateServer>;
  readonly startContainer: (directory: string) => Promise<Container>;
  readonly directory: (dataDirectory: string) => string;
}

export const RABBITMQ: NeededServer = {
  name: 'RabbitMQ',
  variable: 'RABBITMQ_URL',
  defaultUrl: DEFAULT_RABBITMQ_URL,
  program: 'rabbitmq-server',
  answers: rabbitMqAnswers,
  isInstalled: () => findRabbitMqScripts() !== undefined,
  startPrivate: startRabbitMq,
  startContainer: startRabbitMqContainer,
  directory: (dataDirectory) => join(dataDirectory, 'rabbitmq'),
};

export const REDIS: NeededServer = {
  name: 'Redis',
  variable: 'REDIS_URL',
  defaultUrl: DEFAULT_REDIS_URL,
  program: 'redis-server',
  answers: redisAnswers,
  isInstalled: () => findRedisServer() !== undefined,
  startPrivate: startRedis,
  startContainer: startRedisContainer,
  directory: (dataDirectory) => join(dataDirectory, 'redis'),
};
