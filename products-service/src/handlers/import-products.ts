import { accept, type CatalogueLine, ImportProducts, refuse } from '@comanda/contracts';
import { type Context, type Effect, on, respond } from '@comanda/messaging';
import type { Product } from '../domain/product.js';
import { adjust, type Stock } from '../domain/stock.js';
import { products, skus, stock } from '../storage/tables.js';
import { addProduct } from './add-product.js';
import { changeProduct } from './change-product.js';

interface Known {
  readonly product: Product;
  readonly shelf: Stock;
}

/** All lines or none: one message, so one transaction, however many there are. */
export const importProducts = on(ImportProducts, 'import products', {
  needs: ({ tenantid, data }) => ({ skus: data.lines.map(({ sku }) => skus.lock(tenantid, sku)) }),
  thenNeeds: ({ tenantid }, rows) => {
    const ids = rows.skus.flatMap((row) => (row ? [row.productId] : []));
    return {
      products: ids.map((id) => products.lock(tenantid, id)),
      shelf: ids.map((id) => stock.lock(tenantid, id)),
    };
  },
  decide: ({ tenantid, data: { lines, dryRun, actor } }, rows, context) => {
    const known = knownBySku(rows);
    const errors = lines.flatMap((line, at) =>
      obstaclesTo(line, known.get(line.sku)).map(({ column, message }) => ({
        path: `lines.${at}.${column}`,
        message,
      })),
    );
    if (errors.length > 0)
      return [
        respond(refuse(422, 'IMPORT_REFUSED', `${errors.length} errors: nothing was imported.`, errors)),
      ];
    const counts = { created: 0, updated: 0, unchanged: 0 };
    const effects: Effect[] = [];
    for (const line of lines) {
      const followed = importLine({ ...line, actor }, tenantid, known.get(line.sku), context);
      counts[followed.outcome]++;
      if (!dryRun) effects.push(...followed.effects);
    }
    return [...effects, respond(accept(counts))];
  },
});

/** What is wrong with a line in view of the product that is there. */
function obstaclesTo(
  { sku, currency, stock: units }: CatalogueLine,
  known: Known | undefined,
): { column: keyof CatalogueLine; message: string }[] {
  if (!known) return [];
  const { product, shelf } = known;
  const countable = units === undefined || adjust(shelf, units - shelf.available) !== undefined;
  return [
    ...(currency === product.currency
      ? []
      : [
          {
            column: 'currency' as const,
            message: `${sku} is priced in ${product.currency}, and that can't be changed`,
          },
        ]),
    ...(countable ? [] : [{ column: 'stock' as const, message: 'is more than can be counted exactly' }]),
  ];
}

function importLine(
  line: CatalogueLine & { readonly actor: string },
  tenantId: string,
  known: Known | undefined,
  context: Context,
): { outcome: 'created' | 'updated' | 'unchanged'; effects: Effect[] } {
  if (known) {
    const { effects } = changeProduct(known.product, known.shelf, line, context);
    return { outcome: effects.length === 0 ? 'unchanged' : 'updated', effects };
  }
  const {
    sku,
    name,
    price,
    currency,
    active = true,
    stock: units = 0,
    lowStockThreshold = null,
    actor,
  } = line;
  const fields = { tenantId, productId: context.newId(), sku, name, price, currency, active };
  const addition = { fields, stock: units, lowStockThreshold, reason: 'import', actor };
  return { outcome: 'created', effects: addProduct(addition, context).effects };
}

function knownBySku(rows: {
  readonly products: readonly (Product | undefined)[];
  readonly shelf: readonly (Stock | undefined)[];
}): ReadonlyMap<string, Known> {
  return new Map(
    rows.products.flatMap((product, at) => {
      const shelf = rows.shelf[at];
      return product && shelf ? [[product.sku, { product, shelf }] as const] : [];
    }),
  );
}
