import type { Context, Effect } from '@comanda/messaging';
import { cancel, schedule } from '@comanda/messaging';
import type { Reservation, ReservationDecision } from '../domain/reservation.js';
import { reservations } from '../storage/tables.js';
import { bookStock } from './book-stock.js';
import { eventOf } from './reservation-events.js';

/** The work that ends a reservation when its time is up; see `work/expire-reservation.ts`. */
export const EXPIRE_RESERVATION = 'expire-reservation';

/** Everything that follows from a decision about a reservation: stock and movements, its row, its expiry, its events. */
export function effectsOf(decision: ReservationDecision, context: Context): Effect[] {
  const { reservation, stock, reason, expiry, facts } = decision;
  const { orderId, sequence } = reservation;
  const why = { reason, orderId, actor: 'orders' };
  return [
    ...stock.flatMap((change) => bookStock(change, { why }, context)),
    reservations.put({ ...reservation, sequence: sequence + facts.length }),
    ...expiryOf(reservation, expiry),
    ...facts.map((fact, at) => eventOf(fact, { ...reservation, sequence: sequence + at + 1 }, context)),
  ];
}

function expiryOf(
  { reservationId, orderId, expiresAt }: Reservation,
  expiry: ReservationDecision['expiry'],
): Effect[] {
  switch (expiry) {
    case 'scheduled':
      return [
        schedule({ work: EXPIRE_RESERVATION, id: reservationId, dueAt: expiresAt, payload: { orderId } }),
      ];
    case 'cancelled':
      return [cancel(EXPIRE_RESERVATION, reservationId)];
    case 'unchanged':
      return [];
  }
}
