/** What every service's main needs: configuration, log, database, health, metrics, start and stop. */
export * from './config.js';
export { databaseCheck } from './database-check.js';
export { HealthController } from './health.controller.js';
export type { HealthCheck } from './health-check.js';
export { type Filter, listed } from './listed.js';
export { listen } from './listen.js';
export { createLogger } from './logger.js';
export { main, startService } from './main.js';
export { NestLogger } from './nest-logger.js';
export { OperatorServer } from './operator-server.js';
export { countCursor, cursorParameters, invalidCursor, pageOf } from './paging.js';
export { answers, type QueryAnswer } from './queries.js';
export { connectRedis, type RedisSettings } from './redis.js';
export { tellRefusedTexts } from './refused-texts.js';
export { runService, runWithoutTraffic } from './run-service.js';
export * from './settings.js';
export { endWhenRefused, stopOnSignals } from './stop-on-signals.js';
export * from './tokens.js';
