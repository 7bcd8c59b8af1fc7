import { holds } from './invariant.js';

export const thePriceListIsTheCatalogue = holds({
  id: 'the-price-list-is-the-catalogue',
  promise: 6,
  title: 'Orders are priced and named as products-service sells',
  reads: ['products', 'orders'],
  checked: 'SELECT count(*) AS n FROM products.products',
  faults: [
    {
      find: `SELECT p.tenant_id AS tenantId, p.product_id AS productId,
          format('%s (%s) is sold for %s (active: %s), on the price list it is %s', p.sku, p.name,
            money(p.price, p.currency), p.active, CASE WHEN l.product_id IS NULL THEN 'missing' ELSE format('%s (%s) for %s (active: %s)',
              coalesce(l.sku, 'without a SKU'), coalesce(l.name, 'without a name'), money(l.price, l.currency), l.active) END
          ) AS detail
        FROM products.products p
        LEFT JOIN orders.prices l ON l.tenant_id = p.tenant_id AND l.product_id = p.product_id
        WHERE p.updated_at <= @settled AND (l.product_id IS NULL OR l.price <> p.price OR l.currency <> p.currency
          OR l.active <> p.active OR l.sku IS NOT p.sku OR l.name IS NOT p.name)`,
      unlessUnderWayTo: 'orders-service',
    },
  ],
});
