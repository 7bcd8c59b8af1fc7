/** What of a product is on the shelf, held for orders, and sold. Always: everything put in = available + reserved + sold. */
export interface Stock {
  readonly tenantId: string;
  readonly productId: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
  /** Stock is low when no more than this is available; `null`: never. */
  readonly lowStockThreshold: number | null;
  /** How many movements there are: the next one is the one after. */
  readonly moves: number;
  /** How many events were told of the product, and when the last one was. */
  readonly sequence: number;
  readonly toldAt: string;
}

/** Of a product that is just being made. */
export const nothingOf = (tenantId: string, productId: string, now: string): Stock => ({
  tenantId,
  productId,
  available: 0,
  reserved: 0,
  sold: 0,
  lowStockThreshold: null,
  moves: 0,
  sequence: 0,
  toldAt: now,
});

export const isLow = ({ available, lowStockThreshold }: Stock): boolean =>
  lowStockThreshold !== null && available <= lowStockThreshold;

/**
 * A change of what is available, for the books: the sum of a product's movements is what is available, and each one
 * begins where the one before it ended.
 */
export interface Movement {
  readonly tenantId: string;
  readonly movementId: string;
  readonly productId: string;
  /**
   * Counts the movements of a product from 1 in the order in which they happened, which their ids need not follow:
   * these are made by several processes, each with a clock of its own.
   */
  readonly position: number;
  readonly at: string;
  readonly delta: number;
  readonly reason: string;
  readonly orderId: string | null;
  readonly actor: string;
  readonly before: number;
  readonly after: number;
}

export interface Line {
  readonly productId: string;
  readonly quantity: number;
}

export interface Shortage {
  readonly productId: string;
  readonly requested: number;
  readonly available: number;
}

/** Lines of the same product are one wish. */
export function merged(lines: readonly Line[]): Line[] {
  const wanted = new Map<string, number>();
  for (const { productId, quantity } of lines) wanted.set(productId, (wanted.get(productId) ?? 0) + quantity);
  return [...wanted].map(([productId, quantity]) => ({ productId, quantity }));
}

export type Held =
  | { readonly kind: 'held'; readonly stock: readonly Stock[] }
  | { readonly kind: 'short'; readonly shortages: readonly Shortage[] };

/** Holds all lines or none. A product that is not there counts as one with nothing on the shelf. */
export function hold(lines: readonly Line[], stock: readonly (Stock | undefined)[]): Held {
  const shelf = new Map(stock.flatMap((item) => (item ? [[item.productId, item]] : [])));
  const shortages: Shortage[] = [];
  const held: Stock[] = [];
  for (const { productId, quantity } of lines) {
    const item = shelf.get(productId);
    if (!item || item.available < quantity)
      shortages.push({ productId, requested: quantity, available: item?.available ?? 0 });
    else held.push({ ...item, available: item.available - quantity, reserved: item.reserved + quantity });
  }
  return shortages.length > 0 ? { kind: 'short', shortages } : { kind: 'held', stock: held };
}

/** What was held goes back on the shelf. */
export const putBack = (item: Stock, quantity: number): Stock => ({
  ...item,
  available: item.available + quantity,
  reserved: item.reserved - quantity,
});

/** What was held is sold. */
export const sell = (item: Stock, quantity: number): Stock => ({
  ...item,
  reserved: item.reserved - quantity,
  sold: item.sold + quantity,
});

/** What was sold goes back on the shelf. */
export const takeBack = (item: Stock, quantity: number): Stock => ({
  ...item,
  available: item.available + quantity,
  sold: item.sold - quantity,
});

/**
 * Staff put on the shelf or take away; `undefined` when there is not that much, or when all that was ever put in could
 * not be counted exactly any more: whatever is moved later between shelf, reserved and sold stays below that sum.
 */
export function adjust(item: Stock, delta: number): Stock | undefined {
  const available = item.available + delta;
  const everything = available + item.reserved + item.sold;
  return available < 0 || !Number.isSafeInteger(everything) ? undefined : { ...item, available };
}
