import { ReservationExpired } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { orders } from '../storage/tables.js';
import { advance } from './steps.js';

export const cancelOrderWhenReservationExpired = on(
  ReservationExpired,
  'cancel order when reservation expired',
  {
    needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
    decide: (message, { order }, context) =>
      advance(message, order, { kind: 'reservation-expired' }, context),
  },
);
