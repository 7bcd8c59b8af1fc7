import { accept, ReadCatalogue } from '@comanda/contracts';
import { answers, cursorParameters, listed, pageOf } from '@comanda/service-kit';
import { catalogueEntry } from '../views/product-view.js';
import { PRODUCT_WITH_STOCK, productWithStock } from './product-with-stock.js';

const page = listed(
  (conditions) => `${PRODUCT_WITH_STOCK} WHERE p.tenant_id = $1${conditions}
    ORDER BY p.tenant_id, p.product_id LIMIT $2`,
);

/** A page of the catalogue by id, as it is exported and compared with the price list. */
export const readCatalogue = answers(ReadCatalogue, async (database, { tenantid, data }) => {
  const { cursorId } = cursorParameters(data.cursor);
  const rows = await page(
    database.of(tenantid),
    [tenantid, data.limit + 1],
    [['p.product_id > ?', cursorId]],
  );
  return accept(
    pageOf(rows.map(productWithStock), {
      limit: data.limit,
      position: ({ product: { productId } }) => [tenantid, productId],
      view: ({ product, stock }) => catalogueEntry(product, stock),
    }),
  );
});
