import type { Database, Migrations } from '@comanda/storage';
import { openDatabase } from '@comanda/storage';
import { testDatabaseUrl } from './database-url.js';

/** Opens a test's database as a service does. */
export const openTestDatabase = (file: string, migrations: Migrations = []): Promise<Database> =>
  openDatabase(testDatabaseUrl(file), migrations);
