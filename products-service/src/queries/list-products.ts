import { accept, folded, ListProducts } from '@comanda/contracts';
import { answers, cursorParameters, listed, pageOf } from '@comanda/service-kit';
import { productView } from '../views/product-view.js';
import { PRODUCT_WITH_STOCK, productWithStock } from './product-with-stock.js';

const page = listed(
  (conditions) => `${PRODUCT_WITH_STOCK} WHERE p.tenant_id = $1${conditions}
    ORDER BY p.name, p.product_id LIMIT $2`,
);

/** A page of the catalogue, by name. */
export const listProducts = answers(ListProducts, async (database, { tenantid, data }) => {
  const { q, limit } = data;
  const active = data.active === undefined ? null : Number(data.active);
  const like = q === undefined ? null : `%${folded(q).replaceAll(/[!%_]/g, '!$&')}%`;
  const { cursorFirst, cursorId } = cursorParameters(data.cursor);
  const rows = await page(
    database.of(tenantid),
    [tenantid, limit + 1],
    [
      ['p.active = ?', active],
      ["p.search_text LIKE ? ESCAPE '!'", like],
      ['(p.name, p.product_id) > (?, ?)', cursorFirst, cursorId],
    ],
  );
  return accept(
    pageOf(rows.map(productWithStock), {
      limit,
      position: ({ product: { name, productId } }) => [name, productId],
      view: ({ product, stock }) => productView(product, stock),
    }),
  );
});
