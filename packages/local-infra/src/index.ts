export { type AuditorProcess, startAuditor } from './auditor-process.js';
export { type DiscoverOptions, discoverInfrastructure, type Infrastructure } from './discovery/discover.js';
export {
  ensureNginx,
  ensurePostgres,
  ensureRabbitMqProgram,
  ensureServerPrograms,
} from './discovery/ensure-programs.js';
export type { FoundServer, Source } from './discovery/find-server.js';
export { freePort, isPortFree } from './free-port.js';
export { describeExit, type ExitStatus, ManagedProcess } from './managed-process.js';
export { type Platform, type PlatformOptions, startPlatform } from './platform.js';
export { type ReceiversOptions, startReceivers } from './receivers-process.js';
export { runCommand } from './run-command.js';
export { DEFAULT_RABBITMQ_URL, rabbitMqAnswers } from './servers/amqp-probe.js';
export { type NginxOptions, type NginxServer, startNginx } from './servers/nginx.js';
export {
  type PostgresOptions,
  type PostgresServer,
  type PostgresStandby,
  startPostgres,
  startStandby,
} from './servers/postgres.js';
export { type RabbitMqServer, startRabbitMq } from './servers/rabbitmq.js';
export {
  type RabbitMqCluster,
  type RabbitMqClusterOptions,
  startRabbitMqCluster,
} from './servers/rabbitmq-cluster.js';
export { type RedisServer, startRedis } from './servers/redis.js';
export type { Server, ServerOptions } from './servers/server.js';
export { ServiceAddress } from './servers/service-address.js';
export { inheritedEnvironment, type ServicePorts, serviceEnvironment } from './services.js';
