import { accept, ListTenants, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { DATABASE } from '@comanda/service-kit';
import { type Database, statement } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';

const TENANTS = statement('SELECT DISTINCT p.tenant_id AS "tenantId" FROM products p ORDER BY p.tenant_id');

/** Every tenant that has a product. */
@Controller()
export class ListTenantsQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(ListTenants)
  async list(): Promise<Reply> {
    const rows = await this.#database.acrossTenants.read(TENANTS);
    return accept({ items: rows.map((row) => String(row.tenantId)) });
  }
}
