import { accept, refuse, UpdateProduct } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { products, stock } from '../storage/tables.js';
import { changeProduct } from './change-product.js';
import { viewOf } from './product-view.js';

export const updateProduct = on(UpdateProduct, 'update product', {
  needs: ({ tenantid, data }) => ({
    product: products.lock(tenantid, data.productId),
    shelf: stock.lock(tenantid, data.productId),
  }),
  decide: ({ data }, { product, shelf }, context) => {
    if (!product || !shelf)
      return [respond(refuse(404, 'UNKNOWN_PRODUCT', `There is no product ${data.productId}.`))];
    const { effects, product: after } = changeProduct(product, shelf, data, context);
    return [...effects, respond(accept(viewOf(after, shelf.available)))];
  },
});
