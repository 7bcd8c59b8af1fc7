import { OrderCancelled, OrderRejected } from '@comanda/contracts';
import { type Context, type Effect, on } from '@comanda/messaging';
import type { Reservation } from '../domain/reservation.js';
import type { Stock } from '../domain/stock.js';
import { reservations } from '../storage/tables.js';
import { endReservation, stockOf } from './end-reservation.js';

interface Ended {
  readonly tenantid: string;
  readonly data: { readonly orderId: string };
}
interface Rows {
  readonly reservation: Reservation | undefined;
  readonly shelf: readonly (Stock | undefined)[];
}

const needs = ({ tenantid, data }: Ended) => ({ reservation: reservations.lock(tenantid, data.orderId) });
const thenNeeds = (_message: Ended, { reservation }: { reservation: Reservation | undefined }) =>
  stockOf(reservation);

const release =
  (cause: 'rejected' | 'cancelled') =>
  (message: Ended, { reservation, shelf }: Rows, context: Context): Effect[] =>
    reservation
      ? endReservation(reservation, shelf, { kind: 'release', cause }, context)
      : [forestall(message, context)];

/** The order ended before we heard that it began: remember it, so that nothing is held for it later. */
const forestall = ({ tenantid, data: { orderId } }: Ended, { now, newId }: Context): Effect =>
  reservations.put({
    tenantId: tenantid,
    orderId,
    reservationId: newId(),
    status: 'ENDED_BEFORE_RESERVED',
    items: [],
    expiresAt: now,
    sequence: 0,
    updatedAt: now,
  });

export const releaseStockWhenOrderRejected = on(OrderRejected, 'release stock when order rejected', {
  needs,
  thenNeeds,
  decide: release('rejected'),
});
export const releaseStockWhenOrderCancelled = on(OrderCancelled, 'release stock when order cancelled', {
  needs,
  thenNeeds,
  decide: release('cancelled'),
});
