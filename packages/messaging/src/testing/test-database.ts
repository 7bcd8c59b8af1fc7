import { testDatabaseUrl } from '../../../../test/support/database-url.js';
import type { Database } from '../storage/database.js';
import type { Migrations } from '../storage/migrations.js';
import { openDatabase } from '../storage/open.js';

/** Opens a test's database as a service does. */
export const openTestDatabase = (file: string, migrations: Migrations = []): Promise<Database> =>
  openDatabase(testDatabaseUrl(file), migrations);
