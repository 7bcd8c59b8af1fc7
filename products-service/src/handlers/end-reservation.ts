import { ReservationExpired, StockCommitted, StockRejected, StockReleased } from '@comanda/contracts';
import { type Context, cancel, type Effect, type Emit, emit } from '@comanda/messaging';
import { type Ending, end, type Reservation, type StockMove } from '../domain/reservation.js';
import { hold, putBack, type Shortage, type Stock, sell, takeBack } from '../domain/stock.js';
import { reservations, stock } from '../storage/tables.js';
import { EXPIRE_RESERVATION } from '../work/kinds.js';
import { book } from './book.js';

/** The stock rows of what a reservation holds. */
export const stockOf = (reservation: Reservation | undefined) => ({
  shelf: (reservation?.items ?? []).map(({ productId }) =>
    stock.lock(reservation?.tenantId ?? '', productId),
  ),
});

/** Ends a reservation and tells so; one that is over already stays as it is, and nothing is told twice. */
export function endReservation(
  reservation: Reservation,
  shelf: readonly (Stock | undefined)[],
  ending: Ending,
  context: Context,
): Effect[] {
  const ended = end(reservation.status, ending);
  if (ended === undefined) return [];
  const { orderId, reservationId, items } = reservation;
  if (ended.stock === 'sell-again') {
    const again = hold(items, shelf);
    if (again.kind === 'short') return lose(reservation, again.shortages, context);
  }
  const why = {
    reason: ended.stock === 'sell-again' ? 'reserved' : ending.kind === 'expire' ? 'expired' : 'released',
    orderId,
    actor: 'orders',
  };
  const changes = items.flatMap(({ productId, quantity }) => {
    const before = shelf.find((item) => item?.productId === productId);
    if (!before)
      throw new Error(`reservation ${reservationId} holds ${productId}, of which there is no stock row`);
    return book(before, moved(before, quantity, ended.stock), why, context);
  });
  // One that had run out said so when its stock went back.
  const told = ended.stock === 'none' ? [] : announcements(reservation, ending, context);
  const changed = {
    ...reservation,
    items: [...items],
    status: ended.status,
    sequence: reservation.sequence + told.length,
    updatedAt: context.now,
  };
  // Expiry is itself the piece of work that would be struck out; it ends with its own result.
  const timer = ending.kind === 'expire' ? [] : [cancel(EXPIRE_RESERVATION, reservationId)];
  return [...changes, reservations.put(changed), ...timer, ...told];
}

function moved(item: Stock, quantity: number, move: StockMove): Stock {
  switch (move) {
    case 'sell':
      return sell(item, quantity);
    case 'put-back':
      return putBack(item, quantity);
    case 'take-back':
      return takeBack(item, quantity);
    case 'sell-again':
      return takeBack(item, -quantity);
    case 'none':
      return item;
  }
}

/** The order was confirmed, but its reservation had run out and others have bought what it held. */
function lose(reservation: Reservation, shortages: readonly Shortage[], context: Context): Effect[] {
  const { orderId, reservationId, items, sequence } = reservation;
  const data = { orderId, reason: 'RESERVATION_LOST', shortages: [...shortages] };
  return [
    reservations.put({ ...reservation, items: [...items], sequence: sequence + 1, updatedAt: context.now }),
    emit(StockRejected, { id: context.newId(), subject: reservationId, sequence: sequence + 1, data }),
  ];
}

function announcements(
  { orderId, reservationId, items, sequence }: Reservation,
  ending: Ending,
  context: Context,
): Emit[] {
  const fields = (nth: number) => ({ id: context.newId(), subject: reservationId, sequence: sequence + nth });
  const data = { orderId, reservationId, items: [...items] };
  switch (ending.kind) {
    case 'commit':
      return [emit(StockCommitted, { ...fields(1), data })];
    case 'release':
      return [emit(StockReleased, { ...fields(1), data: { ...data, cause: ending.cause } })];
    case 'expire':
      return [
        emit(StockReleased, { ...fields(1), data: { ...data, cause: 'expired' } }),
        emit(ReservationExpired, { ...fields(2), data: { orderId, reservationId } }),
      ];
  }
}
