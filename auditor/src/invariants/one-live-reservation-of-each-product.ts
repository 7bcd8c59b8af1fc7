import { holds } from './invariant.js';

export const oneLiveReservationOfEachProduct = holds({
  id: 'one-live-reservation-of-each-product',
  promise: 2,
  title: 'An order holds each product at most once, under a reservation of its own',
  reads: ['products'],
  checked: 'SELECT count(*) AS n FROM products.reservations',
  faults: [
    {
      find: `SELECT tenant_id AS tenantId, order_id AS orderId, reservation_id AS reservationId,
          'it holds a product more than once: ' || items AS detail
        FROM products.reservations WHERE json_array_length(items) > 1 AND json_array_length(items) <> (
          SELECT count(DISTINCT i.value ->> 'productId') FROM json_each(items) i)`,
    },
    {
      find: `SELECT reservation_id AS reservationId, min(order_id) AS orderId, max(order_id) AS otherOrderId,
          format('%s orders have this reservation', count(*)) AS detail
        FROM products.reservations GROUP BY reservation_id HAVING count(*) > 1`,
    },
  ],
});
