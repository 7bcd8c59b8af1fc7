/** The life of a message: from the queue through one transaction to the next queue, once in effect. */
export { Broker } from './broker/broker.js';
export { Publisher, PublishFailed } from './broker/publisher.js';
export { type Answer, type RequestContext, Requester } from './broker/requester.js';
export {
  deadLettersOf,
  declareTopology,
  EXCHANGE,
  queriesOf,
  queueOf,
  RETRY_SECONDS,
  retryQueueOf,
  SERVICE_QUEUES,
} from './broker/topology.js';
export { describeTopologyMismatch } from './broker/topology-mismatch.js';
export { Unavailable } from './broker/unavailable.js';
export { incoming, MAX_BODY_BYTES, outgoing, parsed } from './broker/wire.js';
export { DeadLetters, type DeadLettersOptions } from './dead-letters/dead-letters.js';
export { DeadLetter } from './dead-letters/letter.js';
export type { Doing, NotOne, Outcome, Replaying } from './dead-letters/outcome.js';
export type { Position } from './dead-letters/selection.js';
export type { Wanted } from './dead-letters/wanted.js';
export { armCrash, type CrashPoint, crashPointOf, FAILPOINTS } from './failpoints.js';
export { Housekeeper } from './housekeeping/housekeeper.js';
export { inboxRetention } from './housekeeping/inbox-retention.js';
export { HOUSEKEEPING, type HousekeepingSettings, Messaging, type MessagingOptions } from './messaging.js';
export { connectOnce } from './migration/connect.js';
export { CannotMigrate, migrateQueue } from './migration/migrate.js';
export { checkQueues, type QueueStatus } from './migration/queue-status.js';
export { Answers, handlers } from './nest/decorators.js';
export { RabbitMqStrategy } from './nest/strategy.js';
export { taskOf } from './runtime/consumer.js';
export { ENTROPY, type Entropy } from './runtime/entropy.js';
export { HEADERS } from './runtime/failure.js';
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
} from './runtime/handler.js';
export { type OutboxRow, outboxTable } from './runtime/outbox-table.js';
export type { Decision, Task } from './runtime/task.js';
export { type Committed, UnitOfWork } from './runtime/unit-of-work.js';
export { cancel, defineWork, type Job, schedule, type WorkKind, type WorkRow } from './work/work.js';
export { newFence, workTable } from './work/work-table.js';
export { runJob } from './work/worker.js';
