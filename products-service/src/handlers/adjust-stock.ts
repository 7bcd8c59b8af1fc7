import { AdjustStock, accept, refuse } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { adjust } from '../domain/stock.js';
import { adjustments, products, stock } from '../storage/tables.js';
import { book, stockChanged } from './book.js';
import { viewOf } from './product-view.js';

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
    // Its answer got lost on the way, and it was asked for again.
    if (made) return [respond(accept(viewOf(product, before.available)))];
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
      ...book(before, after, { reason, orderId: null, actor }, context, [stockChanged(after, delta, reason)]),
      respond(accept(viewOf(product, after.available))),
    ];
  },
});
