import { OrderConfirmed } from '@comanda/contracts';
import { NotYet, on } from '@comanda/messaging';
import { endReservation } from '../domain/reservation.js';
import { effectsOf } from '../effects/reservation-effects.js';
import { shelfOf } from '../storage/shelf-of.js';
import { reservations } from '../storage/tables.js';

/**
 * A reservation that expired before the order was confirmed takes its stock again or is lost: no product is oversold.
 */
export const commitStockWhenOrderConfirmed = on(OrderConfirmed, 'commit stock when order confirmed', {
  needs: ({ tenantid, data }) => ({ reservation: reservations.lock(tenantid, data.orderId) }),
  thenNeeds: (_message, { reservation }) => shelfOf(reservation),
  decide: ({ data }, { reservation, shelf }, context) => {
    if (!reservation) throw new NotYet(`no reservation for order ${data.orderId} is known here yet`);
    const trigger = { kind: 'commit' } as const;
    const decision = endReservation(reservation, { shelf, trigger, now: context.now });
    return decision ? effectsOf(decision, context) : [];
  },
});
