import { holds } from './invariant.js';

/** What must be on the shelf, held and sold, according to the movements and reservations of each product. */
const BOOKED = `booked AS (
  SELECT tenant_id, product_id, sum(put_in) AS put_in, sum(moved) AS moved, sum(held) AS held, sum(sold) AS sold
  FROM (
    SELECT tenant_id, product_id, CASE WHEN order_id IS NULL THEN delta ELSE 0 END AS put_in, delta AS moved,
      0 AS held, 0 AS sold FROM products.movements
    UNION ALL
    SELECT r.tenant_id, i.value ->> 'productId', 0, 0,
      CASE WHEN r.status = 'HELD' THEN i.value ->> 'quantity' ELSE 0 END,
      CASE WHEN r.status = 'COMMITTED' THEN i.value ->> 'quantity' ELSE 0 END
    FROM products.reservations r CROSS JOIN json_each(r.items) i WHERE r.status IN ('HELD', 'COMMITTED')
    UNION ALL SELECT tenant_id, product_id, 0, 0, 0, 0 FROM products.products
    UNION ALL SELECT tenant_id, product_id, 0, 0, 0, 0 FROM products.stock)
  GROUP BY tenant_id, product_id)`;

export const stockAddsUp = holds({
  id: 'stock-adds-up',
  promise: 2,
  title: 'What was put in is available, reserved or sold, and none of these is below zero',
  reads: ['products'],
  checked: 'SELECT count(*) AS n FROM products.stock',
  faults: [
    {
      find: `WITH ${BOOKED} SELECT b.tenant_id AS tenantId, b.product_id AS productId,
          format('available %s, reserved %s, sold %s; by the books %s were put in, available %s, reserved %s, sold %s',
            s.available, s.reserved, s.sold, b.put_in, b.moved, b.held, b.sold) AS detail
        FROM booked b LEFT JOIN products.stock s ON s.tenant_id = b.tenant_id AND s.product_id = b.product_id
        WHERE s.product_id IS NULL OR s.available < 0 OR s.reserved < 0 OR s.sold < 0
          OR s.available + s.reserved + s.sold <> b.put_in
          OR s.available <> b.moved OR s.reserved <> b.held OR s.sold <> b.sold`,
    },
  ],
});
