import type { Context, Effect } from '@comanda/messaging';
import type { Movement, Stock } from '../domain/stock.js';
import { movements, stock } from '../storage/tables.js';

/** The changed stock and, when what is available changed, the movement that says why. */
export function book(
  before: Stock,
  after: Stock,
  why: Pick<Movement, 'reason' | 'orderId' | 'actor'>,
  context: Context,
): Effect[] {
  const saved = stock.put({ ...after });
  if (after.available === before.available) return [saved];
  const movement: Movement = {
    ...why,
    tenantId: after.tenantId,
    movementId: context.newId(),
    productId: after.productId,
    at: context.now,
    delta: after.available - before.available,
    before: before.available,
    after: after.available,
  };
  return [saved, movements.append({ ...movement })];
}
