import { holds } from './invariant.js';

export const movementsFormAChain = holds({
  id: 'movements-form-a-chain',
  promise: 2,
  title: 'Each movement of a product begins where the one before it ended, and none is missing',
  reads: ['products'],
  checked: 'SELECT count(*) AS n FROM products.movements',
  faults: [
    {
      find: `WITH chained AS (
          SELECT m.*, lag(position, 1, 0) OVER product AS previous, lag(after, 1, 0) OVER product AS ended
          FROM products.movements m WINDOW product AS (PARTITION BY tenant_id, product_id ORDER BY position))
        SELECT tenant_id AS tenantId, product_id AS productId, movement_id AS movementId,
          format('number %s begins at %s; number %s before it ended at %s', position, before, previous, ended) AS detail
        FROM chained WHERE position <> previous + 1 OR before <> ended`,
    },
    {
      find: `WITH made AS (
          SELECT tenant_id, product_id, max(position) AS moves FROM products.movements GROUP BY tenant_id, product_id)
        SELECT s.tenant_id AS tenantId, s.product_id AS productId,
          format('it says that it has %s movements, the last one is number %s', s.moves, coalesce(m.moves, 0)) AS detail
        FROM products.stock s LEFT JOIN made m ON m.tenant_id = s.tenant_id AND m.product_id = s.product_id
        WHERE s.moves <> coalesce(m.moves, 0)`,
    },
  ],
});
