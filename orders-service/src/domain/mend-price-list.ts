import type { Listing } from '@comanda/contracts';

/** An entry of the price list. */
export type Entry = Listing & { readonly originalName: string | null };

export interface Mended {
  /** The entries to write: the catalogue has newer ones. */
  readonly write: readonly Entry[];
  /** The written entries whose products orders could not buy, or not at the right price. */
  readonly missing: readonly string[];
  readonly stale: readonly string[];
}

/**
 * Compares a page of the catalogue with the price list. An entry that is newer than the page comes from an event that
 * was published after the page was read, so it stays. An entry that is right but older takes the page's version, so
 * that a delayed event from before the page can't undo it.
 */
export function mend(page: readonly Listing[], list: readonly (Entry | undefined)[]): Mended {
  const known = new Map(list.flatMap((entry) => (entry ? [[entry.productId, entry]] : [])));
  const write: Entry[] = [];
  const missing: string[] = [];
  const stale: string[] = [];
  for (const listed of page) {
    const there = known.get(listed.productId);
    const name = listed.name ?? there?.name ?? null;
    const originalName = there?.originalName ?? name;
    const product = { ...listed, sku: listed.sku ?? there?.sku ?? null, name, originalName };
    if (there && there.version > product.version) continue;
    const right = there !== undefined && sells(there, product);
    if (right && there.version === product.version) continue;
    write.push(product);
    if (!there) missing.push(product.productId);
    else if (!right) stale.push(product.productId);
  }
  return { write, missing, stale };
}

const sells = (one: Listing, other: Listing): boolean =>
  one.price === other.price &&
  one.currency === other.currency &&
  one.active === other.active &&
  one.sku === other.sku &&
  one.name === other.name;
