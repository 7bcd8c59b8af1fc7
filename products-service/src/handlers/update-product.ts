import { accept, ProductUpdated, refuse, UpdateProduct } from '@comanda/contracts';
import { emit, on, respond } from '@comanda/messaging';
import { products, stock } from '../storage/tables.js';
import { listed, type Product, viewOf } from './product-view.js';

export const updateProduct = on(UpdateProduct, 'update product', {
  needs: ({ tenantid, data }) => ({
    product: products.one(tenantid, data.productId),
    stock: stock.one(tenantid, data.productId),
  }),
  decide: ({ data }, { product, stock }, context) => {
    if (!product) return [respond(refuse(404, 'UNKNOWN_PRODUCT', `There is no product ${data.productId}.`))];
    const changed: Product = {
      ...product,
      name: data.name ?? product.name,
      price: data.price ?? product.price,
      active: data.active ?? product.active,
      lowStockThreshold: data.lowStockThreshold ?? product.lowStockThreshold,
      sequence: product.sequence + 1,
      updatedAt: context.now,
    };
    return [
      products.put({ ...changed }),
      emit(ProductUpdated, {
        id: context.newId(),
        subject: changed.productId,
        sequence: changed.sequence,
        data: listed(changed),
      }),
      respond(accept(viewOf(changed, stock?.available ?? 0))),
    ];
  },
});
