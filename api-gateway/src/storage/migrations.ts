import { createMigration, type Migrations } from '@comanda/storage';

/** The staff account of the demo may do everything. */
const DEMO_STAFF = '0190a000-0000-7000-8000-00000000ac02';

/** All that the gateway keeps: tenants, who may log in or call, who is logged in, what was answered to requests with an Idempotency-Key, and for which keys other services are written to. */
export const migrations: Migrations = [
  createMigration('AccountsAndIdempotencyKeys1760000001000', ({ text, withoutRowid }) => [
    `CREATE TABLE accounts (
       tenant_id ${text} NOT NULL, account_id ${text} NOT NULL, email ${text} NOT NULL, password_hash ${text} NOT NULL,
       role ${text} NOT NULL, created_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, account_id), UNIQUE (tenant_id, email)
     ) ${withoutRowid}`,
    `CREATE TABLE idempotency_keys (
       tenant_id ${text} NOT NULL, caller ${text} NOT NULL, route ${text} NOT NULL, key ${text} NOT NULL,
       body_hash ${text} NOT NULL, status ${text} NOT NULL CHECK (status IN ('in-flight', 'failed', 'done')), response ${text},
       created_at ${text} NOT NULL, PRIMARY KEY (tenant_id, caller, route, key)
     ) ${withoutRowid}`,
    'CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)',
  ]),
  createMigration('TenantsAndClosedAccounts1760000002000', ({ text, withoutRowid }) => [
    `ALTER TABLE accounts ADD COLUMN closed_at ${text}`,
    `CREATE TABLE tenants (tenant_id ${text} PRIMARY KEY, created_at ${text} NOT NULL) ${withoutRowid}`,
    // The tenant of everybody who names none, and those whose accounts were made before tenants were kept.
    `INSERT INTO tenants (tenant_id, created_at)
     SELECT 'default', '2026-01-01T00:00:00.000Z'
     UNION SELECT tenant_id, min(created_at) FROM accounts WHERE tenant_id <> 'default' GROUP BY tenant_id`,
  ]),
  createMigration('IdempotencyAnswers1760000003000', () => [
    // Keys are kept for longer than answers: without it each look for old answers would read all of them.
    `CREATE INDEX idempotency_answers_by_age ON idempotency_keys (created_at) WHERE status <> 'failed'`,
  ]),
  createMigration('ScopesOfAccounts1760000004000', ({ text }) => [
    `ALTER TABLE accounts ADD COLUMN scopes ${text} NOT NULL DEFAULT 'orders:read orders:write products:read'`,
    // Staff could do all that there was to do in their tenant, operators more, and so they may.
    `UPDATE accounts SET scopes = 'orders:read orders:write products:read products:write webhooks:manage dead-letters:manage books:read reports:read accounts:manage api-keys:manage'
     WHERE role IN ('staff', 'operator')`,
    `UPDATE accounts SET role = 'staff', scopes = scopes || ' system:read tenants:all'
     WHERE role = 'operator' OR account_id = '${DEMO_STAFF}'`,
  ]),
  createMigration('ProfilesInvitationsAndApiKeys1760000005000', ({ text, withoutRowid }) => [
    `ALTER TABLE accounts ADD COLUMN name ${text}`,
    `ALTER TABLE accounts ADD COLUMN locale ${text} NOT NULL DEFAULT 'en'`,
    `ALTER TABLE accounts ADD COLUMN preferences ${text} NOT NULL DEFAULT '{}'`,
    'CREATE INDEX accounts_by_role ON accounts (tenant_id, role, email)',
    `CREATE TABLE invitations (
       tenant_id ${text} NOT NULL, invitation_id ${text} NOT NULL, handle ${text} NOT NULL, token_hash ${text} NOT NULL,
       email ${text} NOT NULL, scopes ${text} NOT NULL, locale ${text} NOT NULL, invited_by ${text} NOT NULL,
       created_at ${text} NOT NULL, expires_at ${text} NOT NULL, PRIMARY KEY (tenant_id, invitation_id)
     ) ${withoutRowid}`,
    'CREATE UNIQUE INDEX invitations_by_handle ON invitations (handle)',
    'CREATE INDEX invitations_by_age ON invitations (created_at)',
    'CREATE INDEX invitations_of_tenant ON invitations (tenant_id, created_at, invitation_id)',
    `CREATE TABLE api_keys (
       tenant_id ${text} NOT NULL, key_id ${text} NOT NULL, handle ${text} NOT NULL, key_hash ${text} NOT NULL,
       name ${text} NOT NULL, scopes ${text} NOT NULL, account_id ${text} NOT NULL, created_at ${text} NOT NULL,
       expires_at ${text}, last_used_at ${text}, PRIMARY KEY (tenant_id, key_id)
     ) ${withoutRowid}`,
    'CREATE UNIQUE INDEX api_keys_by_handle ON api_keys (handle)',
    'CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id, created_at, key_id)',
  ]),
  createMigration('Sessions1760000006000', ({ text, withoutRowid }) => [
    `CREATE TABLE sessions (
       tenant_id ${text} NOT NULL, session_id ${text} NOT NULL, account_id ${text} NOT NULL, token_hash ${text} NOT NULL,
       user_agent ${text}, created_at ${text} NOT NULL, used_at ${text} NOT NULL, ends_at ${text} NOT NULL,
       expires_at ${text} NOT NULL, PRIMARY KEY (tenant_id, session_id)
     ) ${withoutRowid}`,
    'CREATE INDEX sessions_by_account ON sessions (tenant_id, account_id, used_at)',
    'CREATE INDEX sessions_by_end ON sessions (expires_at)',
  ]),
  createMigration('SessionsActElsewhere1760000007000', ({ text }) => [
    `ALTER TABLE sessions ADD COLUMN acting_in ${text}`,
  ]),
  createMigration('SealingKeys1764490003000', ({ text, withoutRowid }) => [
    `CREATE TABLE sealing_keys (
       service ${text} PRIMARY KEY, public_key ${text} NOT NULL, learned_at ${text} NOT NULL) ${withoutRowid}`,
  ]),
];
