import { accept, ListMovements } from '@comanda/contracts';
import { answers, countCursor, pageOf } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import { movements, products } from '../storage/tables.js';
import { movementView } from '../views/movement-view.js';
import { unknownProduct } from './unknown-product.js';

const PAGE = statement(`SELECT ${selectList(movements.columns, 'm')} FROM movements m
  WHERE m.tenant_id = $1 AND m.product_id = $2 AND (CAST($3 AS BIGINT) IS NULL OR m.position < $3)
  ORDER BY m.position DESC LIMIT $4`);

/** A page of the movements of a product, newest first. */
export const listMovements = answers(ListMovements, async (database, { tenantid, data }) => {
  const { productId, limit, cursor } = data;
  const reader = database.of(tenantid);
  const rows = await reader.read(PAGE, tenantid, productId, countCursor(cursor), limit + 1);
  if (rows.length === 0 && !(await reader.find(products.read(tenantid, productId))))
    return unknownProduct(productId);
  const found = movements.decodeAll(rows);
  return accept(
    pageOf(found, { limit, position: ({ position }) => [String(position), ''], view: movementView }),
  );
});
