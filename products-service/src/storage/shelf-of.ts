import type { Reservation } from '../domain/reservation.js';
import { stock } from './tables.js';

/** The stock rows of the products that a reservation holds. */
export const shelfOf = (reservation: Reservation | undefined) => ({
  shelf: reservation
    ? reservation.items.map(({ productId }) => stock.lock(reservation.tenantId, productId))
    : [],
});
