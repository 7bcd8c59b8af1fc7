import { createHash } from 'node:crypto';

/** The PostgreSQL on which the tests run that touch a database; undefined when they run on SQLite. */
const server = process.env.TEST_POSTGRES_URL;

export const onPostgres = server !== undefined;

/**
 * Where a test's database is: this file or, on PostgreSQL, a schema of its own, to which the same name always leads.
 * The one place that knows which of the two the tests run on.
 */
export function testDatabaseUrl(file: string): string {
  if (server === undefined) return `sqlite:${file}`;
  return `${server}?schema=t${createHash('sha256').update(file).digest('hex').slice(0, 24)}`;
}
