import { OrderCreated } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { reserve } from '../domain/reservation.js';
import { merged } from '../domain/stock.js';
import { effectsOf } from '../effects/reservation-effects.js';
import { reservations, stock } from '../storage/tables.js';

/** @param ttlSeconds how long stock is held for an order that does not end */
export const reserveStockWhenOrderCreated = (ttlSeconds: number) =>
  on(OrderCreated, 'reserve stock when order created', {
    needs: ({ tenantid, data }) => ({
      reservation: reservations.lock(tenantid, data.orderId),
      stock: merged(data.items).map(({ productId }) => stock.lock(tenantid, productId)),
    }),
    decide: ({ tenantid, data }, { reservation, stock: shelf }, context) => {
      // Either the stock was held before (deduplication), or the message about the order's end came first.
      if (reservation) return [];
      const { orderId, totalAmount: amount, currency, paymentMethod } = data;
      const request = {
        tenantId: tenantid,
        orderId,
        reservationId: context.newId(),
        items: merged(data.items),
        expiresAt: new Date(Date.parse(context.now) + ttlSeconds * 1000).toISOString(),
      };
      const due = { amount, currency, paymentMethod };
      return effectsOf(reserve(request, { shelf, due, now: context.now }), context);
    },
  });
