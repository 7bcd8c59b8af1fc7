export { type AuditorProcess, startAuditor } from './auditor-process.js';
export type { Source } from './discovery/choose-source.js';
export { type DiscoverOptions, discoverInfrastructure, type Infrastructure } from './discovery/discover.js';
export type { FoundServer } from './discovery/find-server.js';
export { freePort, isPortFree } from './free-port.js';
export { ensurePostgres, ensureServerPrograms } from './install/ensure-programs.js';
export { describeExit, type ExitStatus, ManagedProcess } from './managed-process.js';
export { type Platform, type PlatformOptions, startPlatform } from './platform.js';
export { type PollOptions, poll } from './poll.js';
export { type ReceiversOptions, startReceivers } from './receivers-process.js';
export { DEFAULT_RABBITMQ_URL, rabbitMqAnswers } from './servers/amqp-probe.js';
export { type PostgresOptions, type PostgresServer, startPostgres } from './servers/postgres.js';
export { type RabbitMqServer, startRabbitMq } from './servers/rabbitmq.js';
export { type RedisServer, startRedis } from './servers/redis.js';
export type { Server, ServerOptions } from './servers/server.js';
export {
  AUDITOR,
  inheritedEnvironment,
  SERVICES,
  type ServiceDefinition,
  type ServiceName,
  type ServicePorts,
  serviceEnvironment,
} from './services.js';
