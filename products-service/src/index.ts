/** For tests across services: the real handlers, work and tables, without the rest of the service. */
export { productHandlers } from './handlers/index.js';
export { migrations as productMigrations } from './storage/migrations.js';
export { adjustments, movements, products, reservations, skus, stock } from './storage/tables.js';
export { expireReservation } from './work/expire-reservation.js';
