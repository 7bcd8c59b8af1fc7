import { ReservationExpired } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { decide } from '../domain/decide.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders } from '../storage/tables.js';

export const cancelOrderWhenReservationExpired = on(
  ReservationExpired,
  'cancel order when reservation expired',
  {
    needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
    decide: (message, { order }, context) => {
      const trigger = { kind: 'reservation-expired' } as const;
      return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
    },
  },
);
