import { accept, MendPriceList } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { mend } from '../domain/mend-price-list.js';
import { prices } from '../storage/tables.js';

export const mendPriceList = on(MendPriceList, 'mend price list', {
  needs: ({ tenantid, data }) => ({
    known: data.products.map(({ productId }) => prices.lock(tenantid, productId)),
  }),
  decide: ({ tenantid, data: { products, dryRun } }, { known }) => {
    const { write, missing, stale } = mend(products, known);
    return [
      ...(dryRun ? [] : write.map((listing) => prices.put({ tenantId: tenantid, ...listing }))),
      respond(accept({ missing, stale })),
    ];
  },
});
