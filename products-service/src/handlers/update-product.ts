import { accept, refuse, UpdateProduct } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { changeProduct } from '../effects/change-product.js';
import { products, stock } from '../storage/tables.js';
import { productView } from '../views/product-view.js';

export const updateProduct = on(UpdateProduct, 'update product', {
  needs: ({ tenantid, data }) => ({
    product: products.lock(tenantid, data.productId),
    shelf: stock.lock(tenantid, data.productId),
  }),
  decide: ({ data }, { product, shelf }, context) => {
    if (!product || !shelf)
      return [respond(refuse(404, 'UNKNOWN_PRODUCT', `There is no product ${data.productId}.`))];
    const { effects, product: after } = changeProduct({ product, stock: shelf }, data, context);
    return [...effects, respond(accept(productView(after, shelf)))];
  },
});
