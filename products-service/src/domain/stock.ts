import { z } from 'zod';

/**
 * How much of a product is on the shelf, held for orders, and sold. Invariant: put in = available + reserved + sold.
 */
export const Stock = z.object({
  tenantId: z.string(),
  productId: z.string(),
  available: z.number(),
  reserved: z.number(),
  sold: z.number(),
  /** Stock is low when no more than this is available; `null`: never. */
  lowStockThreshold: z.number().nullable(),
  /** How many movements the product has had. */
  moves: z.number(),
  /** How many events were published about the product, and when the last one was. */
  sequence: z.number(),
  lastEventAt: z.string(),
});
export type Stock = Readonly<z.output<typeof Stock>>;

/** The stock of a product that is being created. */
export const noStock = (tenantId: string, productId: string, now: string): Stock => ({
  tenantId,
  productId,
  available: 0,
  reserved: 0,
  sold: 0,
  lowStockThreshold: null,
  moves: 0,
  sequence: 0,
  lastEventAt: now,
});

export const isLow = ({ available, lowStockThreshold }: Stock): boolean =>
  lowStockThreshold !== null && available <= lowStockThreshold;

/**
 * A change of the available stock, for the audit trail. A product's movements add up to its available stock, and each
 * movement begins where the one before it ended.
 */
export const Movement = z.object({
  tenantId: z.string(),
  movementId: z.string(),
  productId: z.string(),
  /**
   * Counts the movements of a product from 1, in the order in which they happened. Their ids need not follow that
   * order, because several processes make ids, each with a clock of its own.
   */
  position: z.number(),
  at: z.string(),
  delta: z.number(),
  reason: z.string(),
  orderId: z.string().nullable(),
  actor: z.string(),
  before: z.number(),
  after: z.number(),
});
export type Movement = Readonly<z.output<typeof Movement>>;

export interface StockLine {
  readonly productId: string;
  readonly quantity: number;
}

export interface StockChange {
  readonly before: Stock;
  readonly after: Stock;
}

export interface Shortage {
  readonly productId: string;
  readonly requested: number;
  readonly available: number;
}

/** Adds up the lines of the same product, so that each product has one line. */
export function merged(lines: readonly StockLine[]): StockLine[] {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of lines)
    quantities.set(productId, (quantities.get(productId) ?? 0) + quantity);
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity }));
}

export type HoldResult =
  | { readonly kind: 'held'; readonly changes: readonly StockChange[] }
  | { readonly kind: 'short'; readonly shortages: readonly Shortage[] };

/** Holds all lines or none. A product without a stock row counts as one with an empty shelf. */
export const hold = (lines: readonly StockLine[], shelf: readonly (Stock | undefined)[]): HoldResult =>
  takeAll(lines, shelf, (item, quantity) => ({
    ...item,
    available: item.available - quantity,
    reserved: item.reserved + quantity,
  }));

/** Sells all lines from the shelf, or none, after the reservation that held them has expired. */
export const sellAgain = (lines: readonly StockLine[], shelf: readonly (Stock | undefined)[]): HoldResult =>
  takeAll(lines, shelf, (item, quantity) => ({
    ...item,
    available: item.available - quantity,
    sold: item.sold + quantity,
  }));

function takeAll(
  lines: readonly StockLine[],
  shelf: readonly (Stock | undefined)[],
  take: (item: Stock, quantity: number) => Stock,
): HoldResult {
  const byProduct = new Map(shelf.flatMap((item) => (item ? [[item.productId, item]] : [])));
  const shortages: Shortage[] = [];
  const changes: StockChange[] = [];
  for (const { productId, quantity } of lines) {
    const before = byProduct.get(productId);
    if (!before || before.available < quantity)
      shortages.push({ productId, requested: quantity, available: before?.available ?? 0 });
    else changes.push({ before, after: take(before, quantity) });
  }
  return shortages.length > 0 ? { kind: 'short', shortages } : { kind: 'held', changes };
}

/** Puts held units back on the shelf. */
export const putBack = (item: Stock, quantity: number): Stock => ({
  ...item,
  available: item.available + quantity,
  reserved: item.reserved - quantity,
});

/** Sells held units. */
export const sell = (item: Stock, quantity: number): Stock => ({
  ...item,
  reserved: item.reserved - quantity,
  sold: item.sold + quantity,
});

/** Puts sold units back on the shelf. */
export const takeBack = (item: Stock, quantity: number): Stock => ({
  ...item,
  available: item.available + quantity,
  sold: item.sold - quantity,
});

/**
 * Staff put units on the shelf or take them away. `undefined` when there are not that many, or when the total that was
 * ever put in could not be counted exactly any more. Later moves between shelf, reserved and sold never exceed that
 * total.
 */
export function adjust(item: Stock, delta: number): Stock | undefined {
  const available = item.available + delta;
  const everything = available + item.reserved + item.sold;
  return available < 0 || !Number.isSafeInteger(everything) ? undefined : { ...item, available };
}
