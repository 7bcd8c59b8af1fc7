import type { QueryRunner } from 'typeorm';
import { EVERY_TENANT, type Tenants } from '../store.js';

/** The names of tenants have neither. */
const SEPARATOR = ',';
const ALL = '*';

/** What `comanda.tenants` is set to: for a transaction, or for a connection that reads. */
export const tenantsSetting = (tenants: Tenants): string =>
  tenants === EVERY_TENANT ? ALL : [...new Set(tenants)].join(SEPARATOR);

// In an inner query of its own it is looked up once for a statement and not for each row.
const SHOWN = `(SELECT current_setting('comanda.tenants', true))`;
const POLICY = `tenant_id = ANY (string_to_array(${SHOWN}, '${SEPARATOR}')) OR ${SHOWN} = '${ALL}'`;

/**
 * Puts each table that has a tenant under row-level security, also against the role that owns it: without the setting
 * nobody sees or writes a row. A migration that adds a table needs to know nothing of it.
 */
export async function secureTables(runner: QueryRunner): Promise<void> {
  const bare: { name: string }[] = await runner.query(
    `SELECT quote_ident(c.relname) AS name FROM pg_class c
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND NOT c.relforcerowsecurity`,
  );
  for (const { name } of bare) {
    await runner.query(`CREATE POLICY tenants ON ${name} USING (${POLICY}) WITH CHECK (${POLICY})`);
    await runner.query(`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
  }
}

/** Whether row-level security holds for the role that is logged in, and its name. */
export async function roleOf(runner: QueryRunner): Promise<{ name: string; bypasses: boolean }> {
  const [role]: { name: string; bypasses: boolean }[] = await runner.query(
    'SELECT rolname AS name, rolsuper OR rolbypassrls AS bypasses FROM pg_roles WHERE rolname = current_user',
  );
  if (!role) throw new Error('the role that is logged in is not among the roles');
  return role;
}
