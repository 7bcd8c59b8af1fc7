import { createMigration } from '@comanda/storage';

export const migrations = [
  createMigration('Payments1760000003000', ({ text, integer, withoutRowid }) => [
    `CREATE TABLE payments (
       tenant_id ${text} NOT NULL, order_id ${text} NOT NULL, payment_id ${text} NOT NULL UNIQUE,
       status ${text} NOT NULL CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED', 'REFUNDED', 'VOID')),
       refund_on_capture ${integer} NOT NULL, amount ${integer} NOT NULL CHECK (amount >= 0), currency ${text} NOT NULL,
       provider ${text} NOT NULL, method ${text}, reference ${text},
       refunded_amount ${integer} NOT NULL CHECK (refunded_amount BETWEEN 0 AND amount),
       refunding_amount ${integer} NOT NULL CHECK (refunding_amount >= 0),
       failure_code ${text}, failure_reason ${text}, sequence ${integer} NOT NULL,
       created_at ${text} NOT NULL, updated_at ${text} NOT NULL,
       CHECK (refunded_amount + refunding_amount <= amount),
       PRIMARY KEY (tenant_id, order_id)) ${withoutRowid}`,
    `CREATE TABLE refunds (
       tenant_id ${text} NOT NULL, order_id ${text} NOT NULL, refund_id ${text} NOT NULL,
       cause ${text} NOT NULL CHECK (cause IN ('request', 'undo')),
       status ${text} NOT NULL CHECK (status IN ('PENDING', 'REFUNDED', 'FAILED')),
       amount ${integer} NOT NULL CHECK (amount > 0), refusals ${integer} NOT NULL, reference ${text}, failure_code ${text},
       created_at ${text} NOT NULL, updated_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, order_id, refund_id)) ${withoutRowid}`,
  ]),
  createMigration('MoneyBack1764461000000', ({ text, integer, withoutRowid }) => [
    `ALTER TABLE payments ADD COLUMN disputes ${text} NOT NULL DEFAULT '[]'`,
    // The provider calls about a payment by its own name for it.
    'CREATE INDEX payments_by_reference ON payments (reference)',
    // SQLite changes no check of a table that is there.
    `CREATE TABLE refunds_of_any_cause (
       tenant_id ${text} NOT NULL, order_id ${text} NOT NULL, refund_id ${text} NOT NULL,
       cause ${text} NOT NULL CHECK (cause IN ('request', 'undo', 'provider', 'dispute')),
       status ${text} NOT NULL CHECK (status IN ('PENDING', 'REFUNDED', 'FAILED')),
       amount ${integer} NOT NULL CHECK (amount > 0), refusals ${integer} NOT NULL, reference ${text}, failure_code ${text},
       created_at ${text} NOT NULL, updated_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, order_id, refund_id)) ${withoutRowid}`,
    `INSERT INTO refunds_of_any_cause
       SELECT tenant_id, order_id, refund_id, cause, status, amount, refusals, reference, failure_code, created_at, updated_at
       FROM refunds`,
    'DROP TABLE refunds',
    'ALTER TABLE refunds_of_any_cause RENAME TO refunds',
  ]),
];
