import { accept, GetProduct } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { statement } from '@comanda/storage';
import { productView } from '../views/product-view.js';
import { PRODUCT_WITH_STOCK, productWithStock } from './product-with-stock.js';
import { unknownProduct } from './unknown-product.js';

const ONE = statement(`${PRODUCT_WITH_STOCK} WHERE p.tenant_id = $1 AND p.product_id = $2`);

/** One product with its available stock. */
export const getProduct = answers(GetProduct, async (database, { tenantid, data: { productId } }) => {
  const [row] = await database.of(tenantid).read(ONE, tenantid, productId);
  if (!row) return unknownProduct(productId);
  const { product, stock } = productWithStock(row);
  return accept(productView(product, stock));
});
