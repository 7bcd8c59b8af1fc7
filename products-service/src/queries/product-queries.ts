import {
  accept,
  type DataOf,
  GetProduct,
  ListProducts,
  type Message,
  type Reply,
  refuse,
} from '@comanda/contracts';
import { Answers, type Database, selectList } from '@comanda/messaging';
import { cursorParameters, DATABASE, keysetCondition, pageOf } from '@comanda/service-kit';
import { Controller, Inject } from '@nestjs/common';
import { viewOf } from '../handlers/product-view.js';
import { products, stock } from '../storage/tables.js';

const SELECT = `SELECT ${selectList(products.columns, 'p')}, s.available, s.reserved, s.sold
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
    return row ? accept(view(row)) : refuse(404, 'UNKNOWN_PRODUCT', `There is no product ${data.productId}.`);
  }

  @Answers(ListProducts)
  async list({ tenantid, data }: Message<DataOf<typeof ListProducts>>): Promise<Reply> {
    const { q, active, limit, cursor } = data;
    const rows = await this.database.of(tenantid).read(
      `${SELECT}
       WHERE p.tenant_id = ?1 ->> 'tenant'
         AND (?1 ->> 'active' IS NULL OR p.active = CAST(?1 ->> 'active' AS BIGINT))
         AND (?1 ->> 'q' IS NULL OR lower(p.name) LIKE ?1 ->> 'q' ESCAPE '!' OR lower(p.sku) LIKE ?1 ->> 'q' ESCAPE '!')
         AND ${keysetCondition('p.name', 'p.product_id', 'ASC')}
       ORDER BY p.name, p.product_id LIMIT CAST(?1 ->> 'limit' AS BIGINT)`,
      {
        tenant: tenantid,
        active: active === undefined ? null : Number(active),
        q: q === undefined ? null : `%${q.toLowerCase().replace(/[!%_]/g, '!$&')}%`,
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
}

const view = (row: Record<string, unknown>) => viewOf(products.decode(row), stock.decode(row).available);
