/** What keeps an installation in order: housekeeping, and the check of the broker's queues. */
export { Housekeeper, type HousekeeperOptions } from './housekeeping/housekeeper.js';
export {
  assertInboxOutlives,
  HOUSEKEEPING,
  type HousekeepingSettings,
  inboxRetention,
} from './housekeeping/inbox-retention.js';
export { connectOnce } from './queues/connect.js';
export { checkQueues, type QueueStatus } from './queues/queue-status.js';
