import { type CatalogueEntry, folded } from '@comanda/contracts';

/** A message has room for about so many. */
const MOST_SHOWN = 20;

export type StockLine = Pick<CatalogueEntry, 'sku' | 'name' | 'available' | 'lowStockThreshold' | 'active'>;

/** Whether its stock is low, as staff have said for it. */
export const isLow = ({
  available,
  lowStockThreshold,
}: Pick<StockLine, 'available' | 'lowStockThreshold'>): boolean =>
  lowStockThreshold !== null && available <= lowStockThreshold;

/**
 * The stock that staff want to see first: what is low, then what is least. Of products that are for sale, and where a word
 * is given, of those whose SKU or name has it.
 */
export function stockShown<Entry extends StockLine>(
  entries: readonly Entry[],
  word: string,
): { readonly shown: readonly Entry[]; readonly more: number } {
  const wanted = folded(word);
  const found = entries
    .filter(({ active, sku, name }) => active && [sku, name].some((text) => folded(text).includes(wanted)))
    .toSorted(
      (one, other) =>
        Number(isLow(other)) - Number(isLow(one)) ||
        one.available - other.available ||
        (one.sku < other.sku ? -1 : 1),
    );
  return { shown: found.slice(0, MOST_SHOWN), more: Math.max(0, found.length - MOST_SHOWN) };
}
