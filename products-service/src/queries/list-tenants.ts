import { accept, ListTenants } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { statement } from '@comanda/storage';

const TENANTS = statement('SELECT DISTINCT p.tenant_id AS "tenantId" FROM products p ORDER BY p.tenant_id');

/** Every tenant that has a product. */
export const listTenants = answers(ListTenants, async (database) => {
  const rows = await database.acrossTenants.read(TENANTS);
  return accept({ items: rows.map((row) => String(row.tenantId)) });
});
