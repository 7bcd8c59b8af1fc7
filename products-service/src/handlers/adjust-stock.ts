import { AdjustStock, accept, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { adjust } from '../domain/stock.js';
import { bookStock } from '../effects/book-stock.js';
import { adjustments, products, stock } from '../storage/tables.js';
import { productView } from '../views/product-view.js';

export const adjustStock = on(AdjustStock, 'adjust stock', {
  needs: ({ tenantid, data }) => ({
    product: products.lock(tenantid, data.productId),
    before: stock.lock(tenantid, data.productId),
    made: adjustments.lock(tenantid, data.adjustmentId),
  }),
  decide: ({ tenantid, data }, { product, before, made }, context) => {
    const { adjustmentId, productId, delta, reason, actor } = data;
    if (!product || !before)
      return [respond(refuse(404, 'UNKNOWN_PRODUCT', `There is no product ${productId}.`))];
    // Deduplication: the gateway lost the answer, and sent the command again.
    if (made) return [respond(accept(productView(product, before)))];
    const after = adjust(before, delta);
    if (!after && delta > 0)
      return [
        respond(refuse(409, 'TOO_MUCH_STOCK', 'delta: so many could not be counted exactly any more.')),
      ];
    if (!after)
      return [
        respond(refuse(409, 'NOT_ENOUGH_STOCK', `delta: there are only ${before.available} on the shelf.`)),
      ];
    return [
      adjustments.put({ tenantId: tenantid, adjustmentId, productId }),
      ...bookStock(
        { before, after },
        { why: { reason, orderId: null, actor }, facts: [{ kind: 'stock-changed' }] },
        context,
      ),
      respond(accept(productView(product, after))),
    ];
  },
});
