import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables that the life of a message needs in every service's database. */
export class MessagingTables1760000000000 implements MigrationInterface {
  readonly name = 'MessagingTables1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE inbox (message_id TEXT PRIMARY KEY, handled_at TEXT NOT NULL) WITHOUT ROWID',
    );
    await runner.query(
      `CREATE TABLE outbox (message_id TEXT PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL, created_at TEXT NOT NULL)
       WITHOUT ROWID`,
    );
    await runner.query(
      `CREATE TABLE work (
         kind TEXT NOT NULL, id TEXT NOT NULL, tenant_id TEXT NOT NULL, key TEXT NOT NULL, due_at TEXT NOT NULL, attempt INTEGER NOT NULL,
         fence INTEGER NOT NULL, payload TEXT NOT NULL, cause TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID`,
    );
    await runner.query('CREATE INDEX work_due ON work (kind, due_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['work', 'outbox', 'inbox']) await runner.query(`DROP TABLE ${table}`);
  }
}

/** Finds what the inbox may forget. */
export class InboxByAge1763800000000 implements MigrationInterface {
  readonly name = 'InboxByAge1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX inbox_by_age ON inbox (handled_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX inbox_by_age');
  }
}

/** In the order in which they run, before a service's own; never change one that was released. */
export const MESSAGING_MIGRATIONS = [MessagingTables1760000000000, InboxByAge1763800000000] as const;
