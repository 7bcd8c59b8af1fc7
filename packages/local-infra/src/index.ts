export { DEFAULT_RABBITMQ_URL, rabbitMqAnswers } from './amqp-probe.js';
export { canInstallWithApt, installWithApt } from './apt.js';
export { type AuditorProcess, startAuditor } from './auditor-process.js';
export type { Source } from './choose-source.js';
export { type DiscoverOptions, discoverInfrastructure, type Infrastructure } from './discover.js';
export { dockerEngineAnswers } from './docker.js';
export { findOnPath, findPostgresPrograms, findRabbitMqScripts, findRedisServer } from './find-binaries.js';
export type { FoundServer } from './find-server.js';
export { freePort, freePorts, isPortFree } from './free-port.js';
export { describeExit, type ExitStatus, ManagedProcess, type ProcessSpec } from './managed-process.js';
export { missingServersMessage } from './missing-servers.js';
export { type NeededServer, RABBITMQ, REDIS } from './needed-servers.js';
export { type Platform, type PlatformOptions, startPlatform } from './platform.js';
export { type PollOptions, poll } from './poll.js';
export { type PostgresOptions, PostgresServer, startPostgres } from './postgres.js';
export { PrivateServer, type ServerOptions, untilReady } from './private-server.js';
export { RabbitMqServer, startRabbitMq } from './rabbitmq.js';
export { type ReceiversOptions, startReceivers } from './receivers-process.js';
export { type RedisServer, startRedis } from './redis.js';
export { DEFAULT_REDIS_URL, redisAnswers } from './redis-probe.js';
export {
  AUDITOR,
  inheritedEnvironment,
  SERVICES,
  type ServiceDefinition,
  type ServiceName,
  type ServicePorts,
  serviceEnvironment,
} from './services.js';
