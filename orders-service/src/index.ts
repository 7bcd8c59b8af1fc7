/** For tests across services: the real handlers and tables, without the rest of the service. */
export { orderHandlers } from './handlers/index.js';
export { migrations as orderMigrations } from './storage/migrations.js';
export { orders, prices, refundRequests, timeline } from './storage/tables.js';
