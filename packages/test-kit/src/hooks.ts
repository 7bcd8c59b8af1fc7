import type { Database, Migrations } from '@comanda/storage';
import { afterEach, beforeEach } from '@jest/globals';
import { Folder } from './servers.js';
import { openTestDatabase } from './test-database.js';

/** Something that is started before each test and stopped after it; what is returned gives the present one. */
export function perTest<T extends object>(
  start: () => T | Promise<T>,
  stop: (one: T) => void | Promise<void>,
): () => T {
  let current: T | undefined;
  beforeEach(async () => {
    current = await start();
  });
  afterEach(async () => {
    if (current) await stop(current);
    current = undefined;
  });
  return () => {
    if (!current) throw new Error('it is there only while a test runs');
    return current;
  };
}

/** A folder for each test. */
export function useFolder(): Pick<Folder, 'path' | 'file'> {
  const current = perTest(
    () => new Folder(),
    (folder) => folder.remove(),
  );
  return {
    get path() {
      return current().path;
    },
    file: (name) => current().file(name),
  };
}

/** A database for each test, which has had these migrations; `file` is what another process opens it by. */
export function useDatabase(migrations: Migrations = []): Database & { readonly file: string } {
  const current = perTest(
    async () => {
      const folder = new Folder();
      const file = folder.file('test.db');
      return { folder, file, database: await openTestDatabase(file, migrations) };
    },
    async ({ folder, database }) => {
      await database.close();
      folder.remove();
    },
  );
  return {
    read: (...question) => current().database.read(...question),
    find: (row) => current().database.find(row),
    outboxPage: (...page) => current().database.outboxPage(...page),
    transaction: (...work) => current().database.transaction(...work),
    of: (tenant) => current().database.of(tenant),
    get acrossTenants() {
      return current().database.acrossTenants;
    },
    close: () => current().database.close(),
    get file() {
      return current().file;
    },
  };
}
