import { accept, ReadCatalogue } from '@comanda/contracts';
import { answers, cursorParameters, pageOf } from '@comanda/service-kit';
import { statement } from '@comanda/storage';
import { catalogueEntry } from '../views/product-view.js';
import { PRODUCT_WITH_STOCK, productWithStock } from './product-with-stock.js';

const PAGE = statement(`${PRODUCT_WITH_STOCK}
  WHERE p.tenant_id = $1 AND (CAST($2 AS TEXT) IS NULL OR p.product_id > $2)
  ORDER BY p.tenant_id, p.product_id LIMIT $3`);

/** A page of the catalogue by id, as it is exported and compared with the price list. */
export const readCatalogue = answers(ReadCatalogue, async (database, { tenantid, data }) => {
  const { cursorId } = cursorParameters(data.cursor);
  const rows = await database.of(tenantid).read(PAGE, tenantid, cursorId, data.limit + 1);
  return accept(
    pageOf(rows.map(productWithStock), {
      limit: data.limit,
      position: ({ product: { productId } }) => [tenantid, productId],
      view: ({ product, stock }) => catalogueEntry(product, stock),
    }),
  );
});
