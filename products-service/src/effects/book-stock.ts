import { ProductCreated, ProductUpdated, StockChanged, StockLow } from '@comanda/contracts';
import { type Context, type Effect, type Emit, emit } from '@comanda/messaging';
import type { ProductFact } from '../domain/product.js';
import { isLow, type Movement, type StockChange } from '../domain/stock.js';
import { movements, stock } from '../storage/tables.js';
import { productData } from '../views/product-view.js';

/** Why stock changes, and which other facts about the product are published at the same time. */
export interface StockCause {
  readonly why: Pick<Movement, 'reason' | 'orderId' | 'actor'>;
  readonly facts?: readonly ProductFact[];
}

/**
 * The only way to change stock: writes the stock row, a movement when the available stock changed, and the product's
 * events. When stock falls to the threshold, or the threshold rises to it, an event says so once for each crossing.
 */
export function bookStock(
  { before, after }: StockChange,
  { why, facts = [] }: StockCause,
  context: Context,
): Effect[] {
  const delta = after.available - before.available;
  const low = !isLow(before) && isLow(after) ? [{ kind: 'stock-low' as const }] : [];
  const { productId, available, reserved } = after;
  const level = { productId, available, reserved, delta, reason: why.reason };
  const events = [...facts, ...low].map((fact, at) =>
    eventOf(fact, level, { id: context.newId(), subject: productId, sequence: before.sequence + at + 1 }),
  );
  const position = before.moves + 1;
  const row = {
    ...after,
    moves: delta === 0 ? before.moves : position,
    sequence: before.sequence + events.length,
    lastEventAt: events.length === 0 ? before.lastEventAt : context.now,
  };
  if (delta === 0) return [stock.put(row), ...events];
  const movement: Movement = {
    ...why,
    tenantId: after.tenantId,
    movementId: context.newId(),
    productId,
    position,
    at: context.now,
    delta,
    before: before.available,
    after: available,
  };
  return [stock.put(row), movements.append(movement), ...events];
}

function eventOf(
  fact: ProductFact | { readonly kind: 'stock-low' },
  level: (typeof StockChanged)['example'],
  fields: { readonly id: string; readonly subject: string; readonly sequence: number },
): Emit {
  switch (fact.kind) {
    case 'created':
      return emit(ProductCreated, { ...fields, data: productData(fact.product) });
    case 'updated':
      return emit(ProductUpdated, { ...fields, data: productData(fact.product) });
    case 'stock-changed':
      return emit(StockChanged, { ...fields, data: level });
    case 'stock-low':
      return emit(StockLow, { ...fields, data: level });
  }
}
