/** The life of a message: from the queue through one transaction to the next queue, once in effect. */
export { Broker } from './broker/broker.js';
export { connectOnce } from './broker/connect-once.js';
export { EventListener, type Glimpse, listenerQueuePrefix } from './broker/event-listener.js';
export { framed, grouped, MAX_FRAME_BYTES, MAX_FRAME_EVENTS, singlesOf } from './broker/frame.js';
export { publishWithTimeout } from './broker/publish-with-timeout.js';
export { Publisher } from './broker/publisher.js';
export { type Answer, type RequestContext, Requester } from './broker/requester.js';
export { calledService, QUERY_QUEUE_OPTIONS, queryQueuePrefix, ROLL_EXCHANGE } from './broker/roll.js';
export { WrongSender, wrongSenderOf } from './broker/senders.js';
export {
  type Declaration,
  deadLettersDeclaration,
  deadLettersOf,
  declare,
  declareTopology,
  EXCHANGE,
  queriesOf,
  queueDeclaration,
  queueOf,
  queues,
  RETRY_SECONDS,
  retryQueueDeclarations,
  retryQueueOf,
  SERVICE_QUEUES,
  serviceOf,
  topologyFor,
} from './broker/topology.js';
export {
  describeTopologyMismatch,
  type TopologyMismatch,
  topologyMismatchOf,
} from './broker/topology-mismatch.js';
export {
  type ConsumedQueue,
  type Consumption,
  type Delivery,
  type DeliveryChannel,
  type Outgoing,
  PublishFailed,
  type Transport,
} from './broker/transport.js';
export { Unavailable } from './broker/unavailable.js';
export { Unprocessable } from './broker/unprocessable.js';
export { incoming, MAX_BODY_BYTES, messageIdOf, outgoing, parsed, republishedTo } from './broker/wire.js';
export { armCrash, type CrashPoint, crashPointOf, FAILPOINTS, failpoint } from './failpoints.js';
export { Messaging, type MessagingOptions } from './messaging.js';
export { Answers, handlers } from './nest/decorators.js';
export { RabbitMqStrategy } from './nest/strategy.js';
export { taskOf } from './runtime/consumer.js';
export {
  cancel,
  type Effect,
  type Emit,
  emit,
  respond,
  schedule,
} from './runtime/effects.js';
export { ENTROPY, type Entropy } from './runtime/entropy.js';
export { HEADERS } from './runtime/failure.js';
export { type Context, type Handler, NotYet, on } from './runtime/handler.js';
export { historyHeader, historyOf } from './runtime/history.js';
export { beginIncarnation, type IncarnationOptions, incarnationOf } from './runtime/incarnation.js';
export { newFence } from './runtime/lease.js';
export { Outbox } from './runtime/outbox.js';
export type { Arrival, FastPath, Seen, Timers } from './runtime/ports.js';
export { PROCESSED_SECONDS } from './runtime/redis-fast-path.js';
export { SYSTEM_TIMERS } from './runtime/system-timers.js';
export type { Decision, Task } from './runtime/task.js';
export { type Committed, UnitOfWork } from './runtime/unit-of-work.js';
export { ServiceRuntime, type ServiceRuntimeOptions } from './service-runtime.js';
export type { Pace } from './work/pace.js';
export { defineWork, type Job, type WorkKind } from './work/work.js';
export { runJob } from './work/worker.js';
