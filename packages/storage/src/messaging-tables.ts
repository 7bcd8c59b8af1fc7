import { randomUUID } from 'node:crypto';
import { createMigration } from './migration.js';

/** The tables that handling messages needs in every service's database; they run before a service's own. */
export const MESSAGING_MIGRATIONS = [
  createMigration('MessagingTables1760000000000', ({ text, integer, withoutRowid }) => [
    `CREATE TABLE inbox (message_id ${text} PRIMARY KEY, handled_at ${text} NOT NULL) ${withoutRowid}`,
    'CREATE INDEX inbox_by_age ON inbox (handled_at)',
    `CREATE TABLE outbox (
       message_id ${text} PRIMARY KEY, type ${text} NOT NULL, body ${text} NOT NULL, created_at ${text} NOT NULL
     ) ${withoutRowid}`,
    `CREATE TABLE work (
       kind ${text} NOT NULL, id ${text} NOT NULL, tenant_id ${text} NOT NULL, key ${text} NOT NULL,
       due_at ${text} NOT NULL, attempt ${integer} NOT NULL, fence ${integer} NOT NULL, payload ${text} NOT NULL,
       cause ${text} NOT NULL, PRIMARY KEY (kind, id)
     ) ${withoutRowid}`,
    'CREATE INDEX work_due ON work (kind, due_at)',
  ]),
  createMigration('Incarnation1764400000000', ({ text, integer }) => [
    // One row: which life of the database this is. A restored one gets a new id (docs/decisions/25-incarnations.md).
    `CREATE TABLE incarnation (one ${integer} PRIMARY KEY CHECK (one = 1), id ${text} NOT NULL)`,
    `INSERT INTO incarnation (one, id) VALUES (1, '${randomUUID()}')`,
  ]),
  createMigration('WorkLines1764400001000', () => [
    // A line that nothing may be taken from costs the others nothing: a claim reads the line that it takes from.
    'CREATE INDEX work_lines ON work (kind, key, due_at)',
    'DROP INDEX work_due',
  ]),
  createMigration('Contractions1764590000000', ({ text }) => [
    // What later releases took away, and from which release on a program lives with it (docs/upgrades.md).
    `CREATE TABLE contractions (migration ${text} PRIMARY KEY, since ${text} NOT NULL)`,
  ]),
  createMigration('OutboxKept1764676000000', ({ text, identity }) => [
    // What the broker has confirmed, in that order, for a restore: see docs/decisions/38-one-moment.md.
    `CREATE TABLE outbox_kept (
       position ${identity}, message_id ${text} NOT NULL, type ${text} NOT NULL, body ${text} NOT NULL,
       created_at ${text} NOT NULL, confirmed_at ${text} NOT NULL
     )`,
  ]),
] as const;
