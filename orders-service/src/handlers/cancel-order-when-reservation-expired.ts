import { ReservationExpired } from '@comanda/contracts';
import { onOrder } from './on-order.js';

export const cancelOrderWhenReservationExpired = onOrder(
  ReservationExpired,
  'cancel order when reservation expired',
  () => ({ kind: 'reservation-expired' }),
);
