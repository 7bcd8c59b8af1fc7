import { OrderCreated, StockRejected, StockReserved } from '@comanda/contracts';
import { emit, on, schedule } from '@comanda/messaging';
import type { Reservation } from '../domain/reservation.js';
import { hold, merged } from '../domain/stock.js';
import { reservations, stock } from '../storage/tables.js';
import { EXPIRE_RESERVATION } from '../work/kinds.js';
import { book } from './book.js';

/** @param ttlSeconds how long stock is held for an order that does not come to an end */
export const reserveStockWhenOrderCreated = (ttlSeconds: number) =>
  on(OrderCreated, 'reserve stock when order created', {
    needs: ({ tenantid, data }) => ({
      reservation: reservations.lock(tenantid, data.orderId),
      stock: merged(data.items).map(({ productId }) => stock.lock(tenantid, productId)),
    }),
    decide: ({ tenantid, data }, rows, context) => {
      // Held already, or the order was cancelled before we heard of it: nothing is held (again).
      if (rows.reservation) return [];
      const { orderId } = data;
      const items = merged(data.items);
      const held = hold(items, rows.stock);
      const reservation: Reservation = {
        tenantId: tenantid,
        orderId,
        reservationId: context.newId(),
        status: held.kind === 'held' ? 'HELD' : 'REFUSED',
        items,
        expiresAt: new Date(Date.parse(context.now) + ttlSeconds * 1000).toISOString(),
        sequence: 1,
        updatedAt: context.now,
      };
      const { reservationId, expiresAt } = reservation;
      const fields = { id: context.newId(), subject: reservationId, sequence: 1 };
      const kept = reservations.put({ ...reservation, items });
      if (held.kind === 'short') {
        return [
          kept,
          emit(StockRejected, {
            ...fields,
            data: { orderId, reason: 'Not enough stock', shortages: [...held.shortages] },
          }),
        ];
      }
      const before = new Map(rows.stock.flatMap((item) => (item ? [[item.productId, item]] : [])));
      const why = { reason: 'reserved', orderId, actor: 'orders' };
      return [
        kept,
        ...held.stock.flatMap((after) => book(before.get(after.productId) ?? after, after, why, context)),
        schedule({ work: EXPIRE_RESERVATION, id: reservationId, dueAt: expiresAt, payload: { orderId } }),
        emit(StockReserved, {
          ...fields,
          data: {
            orderId,
            reservationId,
            items,
            amount: data.totalAmount,
            currency: data.currency,
            expiresAt,
            ...(data.paymentMethod !== undefined && { paymentMethod: data.paymentMethod }),
          },
        }),
      ];
    },
  });
