import {
  accept,
  type DataOf,
  GetProduct,
  ListMovements,
  ListProducts,
  ListTenants,
  type Message,
  ReadCatalogue,
  type Reply,
  refuse,
} from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { countCursor, cursorParameters, DATABASE, keysetCondition, pageOf } from '@comanda/service-kit';
import { type Database, selectList } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { searchable } from '../domain/product.js';

import { movements, products, stock } from '../storage/tables.js';
import { catalogueEntry, productView } from '../views/product-view.js';

const SELECT = `SELECT ${selectList(products.columns, 'p')},
    ${selectList(
      stock.columns.filter((column) => !products.columns.includes(column)),
      's',
    )}
  FROM products p JOIN stock s ON s.tenant_id = p.tenant_id AND s.product_id = p.product_id`;

/** Answers about the catalogue, from what is committed. */
@Controller()
export class ProductQueries {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Answers(GetProduct)
  async get({ tenantid, data }: Message<DataOf<typeof GetProduct>>): Promise<Reply> {
    const [row] = await this.database
      .of(tenantid)
      .read(`${SELECT} WHERE p.tenant_id = ?1 ->> 0 AND p.product_id = ?1 ->> 1`, [tenantid, data.productId]);
    return row ? accept(view(row)) : unknown(data.productId);
  }

  @Answers(ListProducts)
  async list({ tenantid, data }: Message<DataOf<typeof ListProducts>>): Promise<Reply> {
    const { q, active, limit, cursor } = data;
    const rows = await this.database.of(tenantid).read(
      `${SELECT}
       WHERE p.tenant_id = ?1 ->> 'tenant'
         AND (?1 ->> 'active' IS NULL OR p.active = CAST(?1 ->> 'active' AS BIGINT))
         AND (?1 ->> 'like' IS NULL OR p.search_text LIKE ?1 ->> 'like' ESCAPE '!')
         AND ${keysetCondition('p.name', 'p.product_id', 'ASC')}
       ORDER BY p.name, p.product_id LIMIT CAST(?1 ->> 'limit' AS BIGINT)`,
      {
        tenant: tenantid,
        active: active === undefined ? null : Number(active),
        like: q === undefined ? null : `%${searchable(q).replaceAll(/[!%_]/g, '!$&')}%`,
        limit: limit + 1,
        ...cursorParameters(cursor),
      },
    );
    return accept(
      pageOf(
        rows.map(view),
        limit,
        ({ name, productId }) => [name, productId],
        (item) => item,
      ),
    );
  }

  @Answers(ListMovements)
  async movements({ tenantid, data }: Message<DataOf<typeof ListMovements>>): Promise<Reply> {
    const { productId, limit, cursor } = data;
    const rows = await this.database.of(tenantid).read(
      `SELECT ${selectList(movements.columns, 'm')} FROM movements m
       WHERE m.tenant_id = ?1 ->> 'tenant' AND m.product_id = ?1 ->> 'product'
         AND (?1 ->> 'before' IS NULL OR m.position < CAST(?1 ->> 'before' AS BIGINT))
       ORDER BY m.position DESC LIMIT CAST(?1 ->> 'limit' AS BIGINT)`,
      { tenant: tenantid, product: productId, before: countCursor(cursor), limit: limit + 1 },
    );
    const found = rows.map((row) => movements.decode(row));
    if (found.length === 0 && !(await this.#exists(tenantid, productId))) return unknown(productId);
    return accept(
      pageOf(
        found,
        limit,
        ({ position }) => [String(position), ''],
        ({ at, delta, reason, orderId, actor, before, after }) => ({
          at,
          delta,
          reason,
          ...(orderId !== null && { orderId }),
          actor,
          before,
          after,
        }),
      ),
    );
  }

  @Answers(ReadCatalogue)
  async catalogue({ tenantid, data }: Message<DataOf<typeof ReadCatalogue>>): Promise<Reply> {
    const rows = await this.database.of(tenantid).read(
      `${SELECT}
       WHERE p.tenant_id = ?1 ->> 'tenant' AND ${keysetCondition('p.tenant_id', 'p.product_id', 'ASC')}
       ORDER BY p.tenant_id, p.product_id LIMIT CAST(?1 ->> 'limit' AS BIGINT)`,
      { tenant: tenantid, limit: data.limit + 1, ...cursorParameters(data.cursor) },
    );
    return accept(
      pageOf(
        rows.map(entry),
        data.limit,
        ({ productId }) => [tenantid, productId],
        (item) => item,
      ),
    );
  }

  @Answers(ListTenants)
  async tenants(): Promise<Reply> {
    const rows = await this.database.acrossTenants.read(
      'SELECT DISTINCT p.tenant_id AS "tenantId" FROM products p ORDER BY p.tenant_id',
    );
    return accept({ items: rows.map((row) => String(row.tenantId)) });
  }

  async #exists(tenantId: string, productId: string): Promise<boolean> {
    const rows = await this.database
      .of(tenantId)
      .read('SELECT 1 FROM products p WHERE p.tenant_id = ?1 ->> 0 AND p.product_id = ?1 ->> 1', [
        tenantId,
        productId,
      ]);
    return rows.length > 0;
  }
}

const unknown = (productId: string): Reply =>
  refuse(404, 'UNKNOWN_PRODUCT', `There is no product ${productId}.`);

const view = (row: Record<string, unknown>) => productView(products.decode(row), stock.decode(row));

const entry = (row: Record<string, unknown>) => catalogueEntry(products.decode(row), stock.decode(row));
