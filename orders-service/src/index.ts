/** What crosses services in tests: the very handlers and tables, without the rest of the service. */
export { orderHandlers } from './handlers/index.js';
export { orders, prices, timeline } from './storage/tables.js';
