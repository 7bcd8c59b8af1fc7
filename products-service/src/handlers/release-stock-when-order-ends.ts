import { OrderCancelled, OrderRejected } from '@comanda/contracts';
import { type Context, type Effect, on } from '@comanda/messaging';
import { endedBeforeReserved, endReservation, type Reservation } from '../domain/reservation.js';
import type { Stock } from '../domain/stock.js';
import { effectsOf } from '../effects/reservation-effects.js';
import { shelfOf } from '../storage/shelf-of.js';
import { reservations } from '../storage/tables.js';

/** `order.rejected` or `order.cancelled`. */
interface OrderEnd {
  readonly tenantid: string;
  readonly data: { readonly orderId: string };
}

const needs = ({ tenantid, data }: OrderEnd) => ({ reservation: reservations.lock(tenantid, data.orderId) });
const thenNeeds = (_message: OrderEnd, { reservation }: { reservation: Reservation | undefined }) =>
  shelfOf(reservation);

/** Compensation: stock that was held or sold for the order goes back on the shelf, once. */
const release =
  (cause: 'rejected' | 'cancelled') =>
  (
    { tenantid: tenantId, data: { orderId } }: OrderEnd,
    rows: { reservation: Reservation | undefined; shelf: readonly (Stock | undefined)[] },
    context: Context,
  ): Effect[] => {
    const { reservation, shelf } = rows;
    const { now } = context;
    const decision = reservation
      ? endReservation(reservation, { shelf, trigger: { kind: 'release', cause }, now })
      : endedBeforeReserved({ tenantId, orderId, reservationId: context.newId() }, now);
    return decision ? effectsOf(decision, context) : [];
  };

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
