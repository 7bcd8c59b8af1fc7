import { accept, folded, ListProducts } from '@comanda/contracts';
import { answers, cursorParameters, pageOf } from '@comanda/service-kit';
import { statement } from '@comanda/storage';
import { productView } from '../views/product-view.js';
import { PRODUCT_WITH_STOCK, productWithStock } from './product-with-stock.js';

const PAGE = statement(`${PRODUCT_WITH_STOCK}
  WHERE p.tenant_id = $1
    AND (CAST($2 AS BIGINT) IS NULL OR p.active = $2)
    AND (CAST($3 AS TEXT) IS NULL OR p.search_text LIKE $3 ESCAPE '!')
    AND (CAST($4 AS TEXT) IS NULL OR (p.name, p.product_id) > ($4, $5))
  ORDER BY p.name, p.product_id LIMIT $6`);

/** A page of the catalogue, by name. */
export const listProducts = answers(ListProducts, async (database, { tenantid, data }) => {
  const { q, limit } = data;
  const active = data.active === undefined ? null : Number(data.active);
  const like = q === undefined ? null : `%${folded(q).replaceAll(/[!%_]/g, '!$&')}%`;
  const { cursorFirst, cursorId } = cursorParameters(data.cursor);
  const rows = await database
    .of(tenantid)
    .read(PAGE, tenantid, active, like, cursorFirst, cursorId, limit + 1);
  return accept(
    pageOf(rows.map(productWithStock), {
      limit,
      position: ({ product: { name, productId } }) => [name, productId],
      view: ({ product, stock }) => productView(product, stock),
    }),
  );
});
