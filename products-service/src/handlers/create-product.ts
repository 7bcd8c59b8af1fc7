import { accept, CreateProduct, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { addProduct } from '../effects/add-product.js';
import { products, skus, stock } from '../storage/tables.js';
import { productView } from '../views/product-view.js';

export const createProduct = on(CreateProduct, 'create product', {
  needs: ({ tenantid, data }) => ({
    existing: products.lock(tenantid, data.productId),
    shelf: stock.lock(tenantid, data.productId),
    sku: skus.lock(tenantid, data.sku),
  }),
  decide: ({ tenantid, data }, { existing, shelf, sku }, context) => {
    const { productId, name, price, currency, active, actor } = data;
    if (sku && sku.productId !== productId)
      return [respond(refuse(409, 'SKU_TAKEN', `sku: another product has the SKU ${data.sku}.`))];
    if (existing) return [respond(accept(productView(existing, shelf ?? { available: 0 })))];
    const { product, effects } = addProduct(
      {
        fields: { tenantId: tenantid, productId, sku: data.sku, name, price, currency, active },
        stock: data.stock,
        lowStockThreshold: data.lowStockThreshold ?? null,
        reason: 'initial stock',
        actor,
      },
      context,
    );
    return [...effects, respond(accept(productView(product, { available: data.stock })))];
  },
});
