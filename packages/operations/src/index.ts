/** What keeps an installation in order: dead letters, housekeeping, and the check of the broker's queues. */
export {
  type Ask,
  type DeadLetterFilter,
  DeadLetters,
  DeadLettersUnavailable,
} from './dead-letters/dead-letters.js';
export { deadLetterHandlers } from './dead-letters/handlers.js';
export { listDeadLetters } from './dead-letters/list-dead-letters.js';
export { OPERATIONS_MIGRATIONS } from './dead-letters/migration.js';
export type { Action, NotOne, Outcome } from './dead-letters/outcome.js';
export { type Position, positionOf } from './dead-letters/position.js';
export { deadLetterRetention } from './dead-letters/retention.js';
export { DeadLetterTraffic } from './dead-letters/traffic.js';
export { Housekeeper, type HousekeeperOptions } from './housekeeping/housekeeper.js';
export {
  assertInboxOutlives,
  HOUSEKEEPING,
  type HousekeepingSettings,
  inboxRetention,
} from './housekeeping/inbox-retention.js';
export { brokerDefinitions } from './queues/broker-definitions.js';
export { checkQueues, type QueueStatus } from './queues/queue-status.js';
