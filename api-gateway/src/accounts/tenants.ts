import { type Database, type Sql, statement } from '@comanda/storage';
import { z } from 'zod';

const FIND = statement('SELECT 1 FROM tenants WHERE tenant_id = $1');
const LIST = statement('SELECT tenant_id AS "tenantId" FROM tenants ORDER BY tenant_id');
const ADD = statement(
  'INSERT INTO tenants (tenant_id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING tenant_id',
);

const LOCK = statement({
  // There one transaction writes at a time.
  sqlite: 'SELECT 1 FROM tenants WHERE tenant_id = $1',
  postgres: 'SELECT 1 FROM tenants WHERE tenant_id = $1 FOR UPDATE',
});

/**
 * Until the transaction ends nobody else gets past this for the same tenant, on whatever gateway: for what is decided by
 * several rows at once, like whether another owner is left.
 */
export const lockTenant = async (sql: Sql, tenantId: string): Promise<void> => {
  await sql.run(LOCK, tenantId);
};

/** The tenants of this installation: accounts are made in one of them, so nobody has a token for another one. */
export class Tenants {
  constructor(private readonly database: Database) {}

  async has(tenantId: string): Promise<boolean> {
    return (await this.database.of(tenantId).read(FIND, tenantId)).length === 1;
  }

  async list(): Promise<string[]> {
    const rows = await this.database.acrossTenants.read(LIST);
    return rows.map((row) => z.object({ tenantId: z.string() }).parse(row).tenantId);
  }

  /** False when there is one of this name. */
  add(tenantId: string, createdAt: string): Promise<boolean> {
    return this.database.transaction(
      async (transaction) => (await transaction.run(ADD, tenantId, createdAt)).length === 1,
      [tenantId],
    );
  }
}
