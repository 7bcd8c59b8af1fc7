/** What crosses services in tests: the very handlers, work and tables, without the rest of the service. */
export type { AttemptResult } from './domain/attempt-result.js';
export { publishEvents } from './handlers/publish-event.js';
export { attempts, deliveries, events, subscriptions } from './storage/tables.js';
export { deliver } from './work/deliver.js';
