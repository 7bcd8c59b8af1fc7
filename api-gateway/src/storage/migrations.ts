import { createMigration, type Migrations } from '@comanda/storage';

/** All that the gateway keeps: who may log in, and what was answered to requests with an Idempotency-Key. */
export const migrations: Migrations = [
  createMigration('AccountsAndIdempotencyKeys1760000001000', ({ text, withoutRowid }) => [
    `CREATE TABLE accounts (
       tenant_id ${text} NOT NULL, account_id ${text} NOT NULL, email ${text} NOT NULL, password_hash ${text} NOT NULL,
       role ${text} NOT NULL, created_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, account_id), UNIQUE (tenant_id, email)
     ) ${withoutRowid}`,
    `CREATE TABLE idempotency_keys (
       tenant_id ${text} NOT NULL, caller ${text} NOT NULL, route ${text} NOT NULL, key ${text} NOT NULL,
       body_hash ${text} NOT NULL, status ${text} NOT NULL CHECK (status IN ('in-flight', 'done')), response ${text},
       created_at ${text} NOT NULL, PRIMARY KEY (tenant_id, caller, route, key)
     ) ${withoutRowid}`,
    'CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)',
  ]),
];
