import { accept, GetProducts } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { statement } from '@comanda/storage';
import { productView } from '../views/product-view.js';
import { PRODUCT_WITH_STOCK, productWithStock } from './product-with-stock.js';

const THESE = `${PRODUCT_WITH_STOCK} WHERE p.tenant_id = $1 AND p.product_id IN`;
const MANY = statement({
  sqlite: `${THESE} (SELECT value FROM json_each($2))`,
  postgres: `${THESE} (SELECT jsonb_array_elements_text($2::jsonb))`,
});

/** Those of these products that exist, with their available stock. */
export const getProducts = answers(GetProducts, async (database, { tenantid, data: { productIds } }) => {
  const rows = await database.of(tenantid).read(MANY, tenantid, productIds);
  const items = rows.map(productWithStock).map(({ product, stock }) => productView(product, stock));
  return accept({ items });
});
