/** The life of a message: from the queue through one transaction to the next queue, once in effect. */
export { Broker } from './broker/broker.js';
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
export { Messaging, type MessagingOptions, RETRY_SECONDS } from './messaging.js';
export { Answers, handlers } from './nest/decorators.js';
export { RabbitMqStrategy } from './nest/strategy.js';
export { Database, type Sql } from './storage/database.js';
export { MessagingTables1760000000000 } from './storage/messaging-tables.js';
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
