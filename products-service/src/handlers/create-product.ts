import { accept, CreateProduct, ProductCreated, refuse } from '@comanda/contracts';
import { emit, on, respond } from '@comanda/messaging';
import { products, skus } from '../storage/tables.js';
import { book } from './movements.js';
import { listed, type Product, viewOf } from './product-view.js';

export const createProduct = on(CreateProduct, 'create product', {
  needs: ({ tenantid, data }) => ({
    existing: products.one(tenantid, data.productId),
    sku: skus.one(tenantid, data.sku),
  }),
  decide: ({ tenantid, data }, { existing, sku }, context) => {
    const { productId } = data;
    if (sku && sku.productId !== productId)
      return [respond(refuse(409, 'SKU_TAKEN', `sku: another product has the SKU ${data.sku}.`))];
    if (existing) return [respond(accept(viewOf(existing, data.stock)))];
    const product: Product = {
      tenantId: tenantid,
      productId,
      sku: data.sku,
      name: data.name,
      price: data.price,
      currency: data.currency,
      active: data.active,
      lowStockThreshold: data.lowStockThreshold ?? null,
      sequence: 1,
      createdAt: context.now,
      updatedAt: context.now,
    };
    const empty = { tenantId: tenantid, productId, available: 0, reserved: 0, sold: 0 };
    const why = { reason: 'initial stock', orderId: null, actor: data.actor };
    return [
      products.put({ ...product }),
      skus.put({ tenantId: tenantid, sku: data.sku, productId }),
      ...book(empty, { ...empty, available: data.stock }, why, context),
      emit(ProductCreated, { id: context.newId(), subject: productId, sequence: 1, data: listed(product) }),
      respond(accept(viewOf(product, data.stock))),
    ];
  },
});
