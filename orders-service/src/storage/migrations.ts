import { tellRefusedTexts } from '@comanda/service-kit';
import { createMigration } from '@comanda/storage';

export const migrations = [
  createMigration('Orders1760000001000', ({ text, integer, identity, withoutRowid }) => [
    `CREATE TABLE orders (
       tenant_id ${text} NOT NULL, order_id ${text} NOT NULL, customer_id ${text} NOT NULL,
       status ${text} NOT NULL CHECK (status IN ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'FULFILLED')),
       items ${text} NOT NULL, total_amount ${integer} NOT NULL CHECK (total_amount >= 0), currency ${text} NOT NULL,
       refunded_amount ${integer} NOT NULL CHECK (refunded_amount BETWEEN 0 AND total_amount),
       refunding_amount ${integer} NOT NULL CHECK (refunding_amount >= 0),
       payment_method ${text}, payment_id ${text}, body_hash ${text}, failure_code ${text}, failure_reason ${text},
       sequence ${integer} NOT NULL, stock_committed_at ${text}, created_at ${text} NOT NULL, updated_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, order_id)) ${withoutRowid}`,
    'CREATE INDEX orders_by_time ON orders (tenant_id, created_at, order_id)',
    'CREATE INDEX orders_by_customer ON orders (tenant_id, customer_id, created_at, order_id)',
    `CREATE TABLE refund_requests (
       tenant_id ${text} NOT NULL, order_id ${text} NOT NULL, request_id ${text} NOT NULL,
       amount ${integer} NOT NULL CHECK (amount > 0), reason ${text} NOT NULL,
       status ${text} NOT NULL CHECK (status IN ('REQUESTED', 'REFUNDED', 'FAILED')), failure_code ${text},
       created_at ${text} NOT NULL, updated_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, order_id, request_id)) ${withoutRowid}`,
    `CREATE TABLE order_timeline (
       position ${identity}, tenant_id ${text} NOT NULL, order_id ${text} NOT NULL, message_id ${text} NOT NULL,
       at ${text} NOT NULL, service ${text} NOT NULL, type ${text} NOT NULL, causation_id ${text}, detail ${text} NOT NULL,
       UNIQUE (tenant_id, order_id, message_id))`,
    // Housekeeping finds old steps by it.
    'CREATE INDEX order_timeline_by_age ON order_timeline (at)',
    `CREATE TABLE prices (
       tenant_id ${text} NOT NULL, product_id ${text} NOT NULL, price ${integer} NOT NULL, currency ${text} NOT NULL,
       active ${integer} NOT NULL, version ${integer} NOT NULL,
       PRIMARY KEY (tenant_id, product_id)) ${withoutRowid}`,
  ]),
  // Null in entries from before, until `npm run price-list -- rebuild` or the next change of the product.
  createMigration('ProductNames1764460800000', ({ text }) => [
    `ALTER TABLE prices ADD COLUMN sku ${text}`,
    `ALTER TABLE prices ADD COLUMN name ${text}`,
  ]),
  createMigration('PaymentSequence1764461000000', ({ integer }) => [
    `ALTER TABLE orders ADD COLUMN payment_sequence ${integer} NOT NULL DEFAULT 0`,
  ]),
  createMigration('RefusedRequests1764461100000', ({ text, integer, withoutRowid }) => [
    `CREATE TABLE refused_requests (
       tenant_id ${text} NOT NULL, order_id ${text} NOT NULL, request_id ${text} NOT NULL, command ${text} NOT NULL,
       amount ${integer} CHECK (amount > 0), code ${text} NOT NULL, reason ${text} NOT NULL, created_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, order_id, request_id)) ${withoutRowid}`,
  ]),
  createMigration('OriginalNames1764462000000', ({ text }) => [
    `ALTER TABLE prices ADD COLUMN original_name ${text}`,
  ]),
  createMigration(
    'RefusedTexts1764465001000',
    () => [],
    tellRefusedTexts([
      { table: 'orders', key: ['tenant_id', 'order_id'], column: 'failure_reason' },
      { table: 'refund_requests', key: ['tenant_id', 'order_id', 'request_id'], column: 'reason' },
    ]),
  ),
  createMigration('OrdersByStatus1764466000000', () => [
    // Without it a list of what is rare, such as orders that were cancelled, reads all that is newer, of everybody or of a customer.
    'CREATE INDEX orders_by_status ON orders (tenant_id, status, created_at, order_id)',
    'CREATE INDEX orders_of_customer_by_status ON orders (tenant_id, customer_id, status, created_at, order_id)',
  ]),
  createMigration('OrdersWithContacts1764490001000', ({ integer }) => [
    `ALTER TABLE orders ADD COLUMN has_contact ${integer} NOT NULL DEFAULT 0`,
  ]),
];
