import {
  ReservationExpired,
  StockCommitted,
  StockRejected,
  StockReleased,
  StockReserved,
} from '@comanda/contracts';
import { type Context, type Emit, emit } from '@comanda/messaging';
import type { Reservation, ReservationFact } from '../domain/reservation.js';

/** A fact as the event that the other services receive; the reservation's `sequence` is the event's own. */
export function eventOf(fact: ReservationFact, reservation: Reservation, context: Context): Emit {
  const { orderId, reservationId, sequence, expiresAt } = reservation;
  const items = [...reservation.items];
  const fields = { id: context.newId(), subject: reservationId, sequence };
  switch (fact.kind) {
    case 'reserved': {
      const { amount, currency, paymentMethod } = fact.due;
      const method = paymentMethod !== undefined && { paymentMethod };
      return emit(StockReserved, {
        ...fields,
        data: { orderId, reservationId, items, amount, currency, expiresAt, ...method },
      });
    }
    case 'rejected':
      return emit(StockRejected, {
        ...fields,
        data: { orderId, reason: fact.reason, shortages: [...fact.shortages] },
      });
    case 'committed':
      return emit(StockCommitted, { ...fields, data: { orderId, reservationId, items } });
    case 'released':
      return emit(StockReleased, { ...fields, data: { orderId, reservationId, items, cause: fact.cause } });
    case 'expired':
      return emit(ReservationExpired, { ...fields, data: { orderId, reservationId } });
  }
}
