import { tellRefusedTexts } from '@comanda/service-kit';
import { createMigration } from '@comanda/storage';

export const migrations = [
  createMigration('Webhooks1760000004000', ({ text, integer, withoutRowid }) => [
    `CREATE TABLE subscriptions (
       tenant_id ${text} NOT NULL, subscription_id ${text} NOT NULL, channel ${text} NOT NULL, target ${text} NOT NULL,
       event_types ${text} NOT NULL, description ${text}, enabled ${integer} NOT NULL, disabled_reason ${text},
       deleted ${integer} NOT NULL, secrets ${text}, failing_since ${integer}, sequence ${integer} NOT NULL,
       created_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, subscription_id)) ${withoutRowid}`,
    `CREATE TABLE events (
       tenant_id ${text} NOT NULL, event_id ${text} NOT NULL, type ${text} NOT NULL, order_id ${text},
       body ${text} NOT NULL, created_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, event_id)) ${withoutRowid}`,
    `CREATE TABLE deliveries (
       tenant_id ${text} NOT NULL, delivery_id ${text} NOT NULL, subscription_id ${text} NOT NULL,
       event_id ${text} NOT NULL, event_type ${text} NOT NULL, order_id ${text},
       status ${text} NOT NULL CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED', 'DROPPED')),
       next_attempt_at ${text}, created_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, delivery_id)) ${withoutRowid}`,
    'CREATE INDEX deliveries_by_time ON deliveries (tenant_id, created_at, delivery_id)',
    'CREATE INDEX deliveries_by_order ON deliveries (tenant_id, order_id) WHERE order_id IS NOT NULL',
    // For housekeeping: which deliveries are old, and whether a delivery still needs an event.
    'CREATE INDEX deliveries_by_age ON deliveries (created_at)',
    'CREATE INDEX deliveries_by_event ON deliveries (tenant_id, event_id)',
    'CREATE INDEX events_by_age ON events (created_at)',
    `CREATE TABLE attempts (
       tenant_id ${text} NOT NULL, delivery_id ${text} NOT NULL, attempt_id ${text} NOT NULL, at ${text} NOT NULL,
       status_code ${integer}, duration_ms ${integer} NOT NULL, response_body ${text}, error ${text},
       PRIMARY KEY (tenant_id, delivery_id, attempt_id)) ${withoutRowid}`,
  ]),
  createMigration('LiveSubscriptions1760000005000', ({ text, withoutRowid }) => [
    // Every event asks for a tenant's subscriptions, and the deleted ones stay for their history. (By its tenant and a
    // flag SQLite would search the primary key and read the deleted ones as well.)
    `ALTER TABLE subscriptions ADD COLUMN live_tenant_id ${text}`,
    'UPDATE subscriptions SET live_tenant_id = tenant_id WHERE deleted = 0',
    'CREATE INDEX subscriptions_that_live ON subscriptions (live_tenant_id)',
    `CREATE TABLE subscribing_tenants (tenant_id ${text} NOT NULL, PRIMARY KEY (tenant_id)) ${withoutRowid}`,
  ]),
  createMigration('AttemptNotes1760000006000', ({ text }) => [
    `ALTER TABLE attempts ADD COLUMN note ${text}`,
  ]),
  createMigration(
    'RefusedTexts1764465001000',
    () => [],
    tellRefusedTexts([
      { table: 'subscriptions', key: ['tenant_id', 'subscription_id'], column: 'target' },
      { table: 'subscriptions', key: ['tenant_id', 'subscription_id'], column: 'description' },
    ]),
  ),
  createMigration('DeliveryLists1764466000000', () => [
    // Each filter of a list finds its rows in the order of the list; by time alone a list of what is rare reads all.
    'CREATE INDEX deliveries_by_subscription ON deliveries (tenant_id, subscription_id, created_at, delivery_id)',
    'CREATE INDEX deliveries_by_type ON deliveries (tenant_id, event_type, created_at, delivery_id)',
    // Nearly all are delivered, and so are those that a list by time finds.
    `CREATE INDEX deliveries_not_delivered ON deliveries (tenant_id, status, created_at, delivery_id)
     WHERE status <> 'DELIVERED'`,
    'DROP INDEX deliveries_by_order',
    `CREATE INDEX deliveries_of_order ON deliveries (tenant_id, order_id, created_at, delivery_id)
     WHERE order_id IS NOT NULL`,
  ]),
  createMigration('EventCorrelation1764475000000', ({ text }) => [
    `ALTER TABLE events ADD COLUMN correlation_id ${text}`,
  ]),
  createMigration('Notifications1764490002000', ({ text, withoutRowid }) => [
    `CREATE TABLE contacts (
       tenant_id ${text} NOT NULL, order_id ${text} NOT NULL, sealed ${text}, channels ${text} NOT NULL,
       locale ${text} NOT NULL, waiting ${text} NOT NULL, kept_from ${text} NOT NULL, erased_at ${text},
       created_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, order_id)) ${withoutRowid}`,
    // For housekeeping: whose retention is over, and which empty rows nothing can bring back any more.
    'CREATE INDEX contacts_by_age ON contacts (kept_from) WHERE erased_at IS NULL',
    'CREATE INDEX contacts_by_erasure ON contacts (erased_at) WHERE erased_at IS NOT NULL',
    `CREATE TABLE notifications (
       tenant_id ${text} NOT NULL, notification_id ${text} NOT NULL, order_id ${text} NOT NULL,
       event_id ${text} NOT NULL, event_type ${text} NOT NULL, channel ${text} NOT NULL,
       status ${text} NOT NULL CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED', 'DROPPED')), reason ${text},
       next_attempt_at ${text}, created_at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, order_id, notification_id)) ${withoutRowid}`,
    'CREATE INDEX notifications_by_age ON notifications (created_at)',
    `CREATE INDEX notifications_pending ON notifications (next_attempt_at) WHERE status = 'PENDING'`,
    'CREATE INDEX notifications_by_event ON notifications (tenant_id, event_id)',
  ]),
  createMigration('SubscriptionPublicKeys1764496000000', ({ text }) => [
    `ALTER TABLE subscriptions ADD COLUMN public_key ${text}`,
  ]),
  createMigration('DeliveryProofs1764497000000', ({ text, withoutRowid }) => [
    `ALTER TABLE attempts ADD COLUMN origin ${text}`,
    `CREATE TABLE proof_keys (kid ${text} NOT NULL, x ${text} NOT NULL, made_at ${text} NOT NULL, PRIMARY KEY (kid)) ${withoutRowid}`,
  ]),
  createMigration('Replays1764500000000', ({ text, integer, withoutRowid }) => [
    `CREATE TABLE replays (
       tenant_id ${text} NOT NULL, replay_id ${text} NOT NULL, subscription_id ${text} NOT NULL,
       status ${text} NOT NULL CHECK (status IN ('RUNNING', 'DONE', 'CANCELLED', 'FAILED')),
       since ${text} NOT NULL, until ${text} NOT NULL, event_types ${text}, only_failed ${integer} NOT NULL,
       position ${text} NOT NULL, scheduled ${integer} NOT NULL, skipped ${integer} NOT NULL, reason ${text},
       created_at ${text} NOT NULL, ended_at ${text}, running_for ${text},
       PRIMARY KEY (tenant_id, replay_id)) ${withoutRowid}`,
    'CREATE INDEX replays_by_subscription ON replays (tenant_id, subscription_id, created_at, replay_id)',
    'CREATE UNIQUE INDEX replays_that_run ON replays (tenant_id, running_for) WHERE running_for IS NOT NULL',
    // For housekeeping.
    'CREATE INDEX replays_by_age ON replays (created_at)',
    `ALTER TABLE deliveries ADD COLUMN replay_id ${text}`,
    `CREATE INDEX deliveries_of_replay ON deliveries (tenant_id, replay_id, created_at, delivery_id)
     WHERE replay_id IS NOT NULL`,
    'DROP INDEX deliveries_by_event',
    'CREATE INDEX deliveries_of_event ON deliveries (tenant_id, event_id, created_at, delivery_id)',
  ]),
  createMigration('DeliveryHours1764510000000', ({ text, integer, withoutRowid }) => [
    `CREATE TABLE delivery_hours (
       tenant_id ${text} NOT NULL, subscription_id ${text} NOT NULL, hour ${text} NOT NULL,
       delivered ${integer} NOT NULL, failed ${integer} NOT NULL, dropped ${integer} NOT NULL, attempts ${integer} NOT NULL,
       durations ${text} NOT NULL, last_answers ${text} NOT NULL, last_delivered_at ${text}, last_error ${text},
       PRIMARY KEY (tenant_id, subscription_id, hour)) ${withoutRowid}`,
    // For housekeeping.
    'CREATE INDEX delivery_hours_by_age ON delivery_hours (hour)',
  ]),
  createMigration('SubscriptionChanges1764520000000', ({ text, withoutRowid }) => [
    `CREATE TABLE subscription_changes (
       tenant_id ${text} NOT NULL, subscription_id ${text} NOT NULL, change_id ${text} NOT NULL, at ${text} NOT NULL,
       event_types ${text} NOT NULL,
       PRIMARY KEY (tenant_id, subscription_id, change_id)) ${withoutRowid}`,
    // Until now nothing but enabled could change, and nobody wrote down when.
    `INSERT INTO subscription_changes
       SELECT tenant_id, subscription_id, '', created_at, CASE WHEN enabled = 1 THEN event_types ELSE '[]' END
       FROM subscriptions`,
  ]),
  createMigration('SubscriptionLocales1764530000000', ({ text }) => [
    `ALTER TABLE subscriptions ADD COLUMN locale ${text}`,
    `UPDATE subscriptions SET locale = 'en' WHERE channel <> 'webhook'`,
  ]),
  createMigration('StaffChats1764531000000', ({ text, withoutRowid }) => [
    `CREATE TABLE staff_chats (
       tenant_id ${text} NOT NULL, subscription_id ${text} NOT NULL, chat ${text} NOT NULL,
       PRIMARY KEY (tenant_id)) ${withoutRowid}`,
  ]),
  createMigration('SubscriptionRatesAndHeaders1764532000000', ({ text, integer }) => [
    `ALTER TABLE subscriptions ADD COLUMN rate_limit_per_second ${integer}`,
    `ALTER TABLE subscriptions ADD COLUMN header_names ${text}`,
  ]),
  createMigration('SentTexts1764560000000', ({ text, integer, withoutRowid }) => [
    `CREATE TABLE sent_texts (
       tenant_id ${text} NOT NULL, delivery_id ${text} NOT NULL, sid ${text} NOT NULL,
       status ${text} NOT NULL, error_code ${integer}, at ${text} NOT NULL,
       PRIMARY KEY (tenant_id, delivery_id, sid)) ${withoutRowid}`,
  ]),
  createMigration('TelegramCommands1764570000000', () => [
    // Whose chat a command comes from.
    `CREATE INDEX subscriptions_by_chat ON subscriptions (lower(target)) WHERE channel = 'telegram'`,
  ]),
  createMigration('MutedSubscriptions1764571000000', ({ text }) => [
    `ALTER TABLE subscriptions ADD COLUMN muted_until ${text}`,
  ]),
];
