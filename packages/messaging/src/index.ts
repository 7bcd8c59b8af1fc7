/** The life of a message: from the queue through one transaction to the next queue, once in effect. */
export { Broker } from './broker/broker.js';
export { describeMismatch } from './broker/declared-otherwise.js';
export { Publisher, PublishFailed } from './broker/publisher.js';
export { type Answer, type RequestContext, Requester, Unavailable } from './broker/requester.js';
export {
  deadLettersOf,
  declareTopology,
  EXCHANGE,
  queriesOf,
  queueOf,
  retryQueueOf,
} from './broker/topology.js';
export { outgoing } from './broker/wire.js';
export { Housekeeper } from './housekeeping/housekeeper.js';
export { inboxRetention } from './housekeeping/inbox-retention.js';
export type { Old, Retention } from './housekeeping/retention.js';
export { HEADERS } from './life/failure.js';
export {
  type Context,
  type Effect,
  type Emit,
  emit,
  type Handler,
  NotYet,
  on,
  respond,
  Unprocessable,
} from './life/handler.js';
export type { Logger } from './logger.js';
export { HOUSEKEEPING, type HousekeepingSettings, Messaging, type MessagingOptions } from './messaging.js';
export { connectOnce } from './migration/connect.js';
export { CannotMigrate, migrateQueue } from './migration/migrate.js';
export { checkQueues, type Standing } from './migration/standing.js';
export { Answers, handlers } from './nest/decorators.js';
export { RabbitMqStrategy } from './nest/strategy.js';
export { StartRefused } from './start-refused.js';
export { Database, type Sql } from './storage/database.js';
export { MESSAGING_MIGRATIONS } from './storage/messaging-tables.js';
export { selectList, snake } from './storage/statements.js';
export {
  flag,
  json,
  type Needs,
  type One,
  type Row,
  type RowOf,
  type RowsOf,
  type Shape,
  Table,
  type Translated,
  table,
} from './storage/table.js';
export { cancel, defineWork, type Job, schedule, type WorkKind } from './work/work.js';
