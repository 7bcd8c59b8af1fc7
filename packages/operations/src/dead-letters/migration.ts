import { createMigration, type Migrations } from '@comanda/storage';

/** The table of this package; it runs before a service's own. Each list of dead letters is read by an index. */
export const OPERATIONS_MIGRATIONS: Migrations = [
  createMigration('DeadLetters1760000000001', ({ text, integer }) => [
    `CREATE TABLE dead_letters (
       tenant_id ${text} NOT NULL, message_id ${text} NOT NULL, death ${text} NOT NULL, died_at ${text} NOT NULL,
       type ${text}, cause ${text} NOT NULL, correlation_id ${text}, source ${text}, expires_at ${text},
       size ${integer} NOT NULL, copies ${integer} NOT NULL, properties ${text} NOT NULL, body_base64 ${text} NOT NULL,
       left_at ${text}, PRIMARY KEY (tenant_id, message_id))`,
    'CREATE INDEX dead_letters_of_tenant ON dead_letters (tenant_id, died_at, message_id) WHERE left_at IS NULL',
    'CREATE INDEX dead_letters_of_type ON dead_letters (tenant_id, type, died_at, message_id) WHERE left_at IS NULL',
    'CREATE INDEX dead_letters_by_death ON dead_letters (died_at, message_id) WHERE left_at IS NULL',
    'CREATE INDEX dead_letters_that_left ON dead_letters (left_at) WHERE left_at IS NOT NULL',
  ]),
  createMigration('LettersOfNoTenant1764000000001', () => [
    // Once they went to the staff of the default tenant. Every message of ours names its source.
    `UPDATE dead_letters SET tenant_id = 'no-tenant' WHERE tenant_id = 'default' AND source IS NULL`,
  ]),
];
