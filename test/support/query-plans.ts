import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { z } from 'zod';
import type { RecordedStatement } from './recorded-statements.js';

/** What may be read from its begin to its end, because it stays small, and why it does. */
const SMALL: Readonly<Record<string, string>> = {
  incarnation: 'one row',
  proof_keys: 'one row for each key that has signed',
  contractions: 'one row for each migration that took something away, read at the start',
  migrations: 'one row for each migration, read at the start',
  subscribing_tenants: 'one row for each tenant, and the tenant is its key',
  subscriptions: 'a tenant has no more than WEBHOOK_MAX_SUBSCRIPTIONS',
  tenants: 'one row for each tenant, and the tenant is its key',
  products: 'a part of a name, or whether it is sold, is looked for in the whole catalogue of a tenant',
};

/** What is read by the tenant alone, in the order of its list, because what it looks for is soon found. */
const SOON_FOUND: readonly RegExp[] = [
  // Nearly all deliveries are `DELIVERED`; the list of any other status says so, and has an index.
  /FROM deliveries d WHERE d\.tenant_id = \$1 AND d\.status = \$3( AND \(d\.created_at|\s+ORDER)/,
];

/** What is read may also be a part of the statement itself, or a list in a parameter. */
const TABLE = `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`;
const Plan = z.array(z.object({ detail: z.string() }));
const MOST_PARAMETERS = 20;

/**
 * Where a statement reads a table that grows without an index, or by the tenant alone although it asks for more than
 * that: both take the longer the more there is. As SQLite plans it on these databases.
 */
export function scansIn(directory: string, { database, statement }: RecordedStatement): string[] {
  if (!/^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/i.test(statement)) return [];
  const file = new Sqlite(join(directory, database), { readonly: true });
  try {
    const explained = file.prepare(`EXPLAIN QUERY PLAN ${statement}`);
    const plan = Plan.parse(
      explained.all(...Array.from({ length: marksIn(statement) }, () => null), NUMBERED),
    );
    const grows = (name: string) => !(name in SMALL) && file.prepare(TABLE).get(name) !== undefined;
    return plan.flatMap(({ detail }) =>
      faultsOf(detail, statement, grows).map((fault) => `${database}: ${fault} by: ${statement}`),
    );
  } finally {
    file.close();
  }
}

const NUMBERED = Object.fromEntries(Array.from({ length: MOST_PARAMETERS }, (_, at) => [at + 1, null]));
/** TypeORM's own statements have `?`. */
const marksIn = (statement: string): number => statement.match(/\?/g)?.length ?? 0;

function faultsOf(detail: string, statement: string, grows: (table: string) => boolean): string[] {
  const [, how, name = ''] = /^(SCAN|SEARCH) (\S+)/.exec(detail) ?? [];
  if (how === undefined) return [];
  const [, table = name] = new RegExp(`\\b(?:FROM|JOIN) (\\w+) ${name}\\b`).exec(statement) ?? [];
  if (!grows(table)) return [];
  if (how === 'SCAN') return [`${table} is scanned`];
  const byTenantAlone =
    detail.endsWith('(tenant_id=?)') &&
    /tenant_id = \$1\s+AND/.test(statement) &&
    !SOON_FOUND.some((known) => known.test(statement));
  return byTenantAlone ? [`${table} of a whole tenant is read`] : [];
}
