import { ProductCreated, ProductUpdated, StockChanged, StockLow } from '@comanda/contracts';
import { type Context, type Effect, type Emit, emit } from '@comanda/messaging';
import type { Product } from '../domain/product.js';
import { isLow, type Movement, type Stock } from '../domain/stock.js';
import { movements, stock } from '../storage/tables.js';
import { listed } from './product-view.js';

/** An event about a product, as soon as its number is known. */
export type Telling = (fields: { id: string; subject: string; sequence: number }) => Emit;

export const created =
  (product: Product): Telling =>
  (fields) =>
    emit(ProductCreated, { ...fields, data: listed(product) });

export const updated =
  (product: Product): Telling =>
  (fields) =>
    emit(ProductUpdated, { ...fields, data: listed(product) });

/** Told of what staff do; what orders do is told by the events of their reservations. */
export const stockChanged =
  (after: Stock, delta: number, reason: string): Telling =>
  (fields) =>
    emit(StockChanged, { ...fields, data: levelOf(after, delta, reason) });

const stockLow =
  (after: Stock, delta: number, reason: string): Telling =>
  (fields) =>
    emit(StockLow, { ...fields, data: levelOf(after, delta, reason) });

const levelOf = ({ productId, available, reserved }: Stock, delta: number, reason: string) => ({
  productId,
  available,
  reserved,
  delta,
  reason,
});

/**
 * The only way to change stock: the changed row, the movement that says why when what is available changed, and what
 * is told of the product. That stock came down to the threshold, or the threshold came up to it, is told here, once.
 */
export function book(
  before: Stock,
  after: Stock,
  why: Pick<Movement, 'reason' | 'orderId' | 'actor'>,
  context: Context,
  tellings: readonly Telling[] = [],
): Effect[] {
  const { tenantId, productId } = after;
  const delta = after.available - before.available;
  const low = !isLow(before) && isLow(after) ? [stockLow(after, delta, why.reason)] : [];
  const told = [...tellings, ...low].map((tell, at) =>
    tell({ id: context.newId(), subject: productId, sequence: before.sequence + 1 + at }),
  );
  const position = before.moves + 1;
  const movement: Movement = {
    ...why,
    tenantId,
    movementId: context.newId(),
    productId,
    position,
    at: context.now,
    delta,
    before: before.available,
    after: after.available,
  };
  return [
    stock.put({
      ...after,
      moves: delta === 0 ? before.moves : position,
      sequence: before.sequence + told.length,
      toldAt: told.length === 0 ? before.toldAt : context.now,
    }),
    ...(delta === 0 ? [] : [movements.append({ ...movement })]),
    ...told,
  ];
}
