import { accept, type CatalogueLine, flawOfCurrency, ImportProducts, refuse } from '@comanda/contracts';
import { type Context, type Effect, on, respond } from '@comanda/messaging';
import type { Product } from '../domain/product.js';
import { adjust, type Stock } from '../domain/stock.js';
import { addProduct } from '../effects/add-product.js';
import { changeProduct } from '../effects/change-product.js';
import { products, skus, stock } from '../storage/tables.js';

interface KnownProduct {
  readonly product: Product;
  readonly stock: Stock;
}

/** All lines or none: one message is one transaction. */
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
      const product = known.get(line.sku);
      const lineEffects = product
        ? changeLine(product, { ...line, actor }, context)
        : addLine(tenantid, { ...line, actor }, context);
      counts[!product ? 'created' : lineEffects.length === 0 ? 'unchanged' : 'updated']++;
      if (!dryRun) effects.push(...lineEffects);
    }
    return [...effects, respond(accept(counts))];
  },
});

type ActorLine = CatalogueLine & { readonly actor: string };

/** What is wrong with a line: a new product is priced in money that is in force, an existing one as it was. */
function obstaclesTo(
  { sku, currency, stock: units }: CatalogueLine,
  known: KnownProduct | undefined,
): { column: keyof CatalogueLine; message: string }[] {
  if (!known) {
    const message = flawOfCurrency(currency);
    return message === undefined ? [] : [{ column: 'currency', message }];
  }
  const { product, stock } = known;
  const countable = units === undefined || adjust(stock, units - stock.available) !== undefined;
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

function changeLine(known: KnownProduct, line: ActorLine, context: Context): Effect[] {
  const shelf = line.stock === undefined ? undefined : { available: line.stock, reason: 'import' as const };
  const { name, price, active, lowStockThreshold, actor } = line;
  return changeProduct(known, { name, price, active, lowStockThreshold, shelf, actor }, context).effects;
}

function addLine(tenantId: string, line: ActorLine, context: Context): Effect[] {
  const { sku, name, price, currency, active = true, lowStockThreshold = null, actor } = line;
  const fields = { tenantId, productId: context.newId(), sku, name, price, currency, active };
  const product = { fields, stock: line.stock ?? 0, lowStockThreshold, reason: 'import' as const, actor };
  return addProduct(product, context).effects;
}

function knownBySku(rows: {
  readonly products: readonly (Product | undefined)[];
  readonly shelf: readonly (Stock | undefined)[];
}): ReadonlyMap<string, KnownProduct> {
  return new Map(
    rows.products.flatMap((product, at) => {
      const stock = rows.shelf[at];
      return product && stock ? [[product.sku, { product, stock }] as const] : [];
    }),
  );
}
