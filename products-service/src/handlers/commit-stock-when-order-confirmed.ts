import { OrderConfirmed } from '@comanda/contracts';
import { NotYet, on } from '@comanda/messaging';
import { reservations } from '../storage/tables.js';
import { endReservation, stockOf } from './end-reservation.js';

export const commitStockWhenOrderConfirmed = on(OrderConfirmed, 'commit stock when order confirmed', {
  needs: ({ tenantid, data }) => ({ reservation: reservations.lock(tenantid, data.orderId) }),
  thenNeeds: (_message, { reservation }) => stockOf(reservation),
  decide: ({ data }, { reservation, shelf }, context) => {
    if (!reservation) throw new NotYet(`no reservation for order ${data.orderId} is known here yet`);
    return endReservation(reservation, shelf, { kind: 'commit' }, context);
  },
});
