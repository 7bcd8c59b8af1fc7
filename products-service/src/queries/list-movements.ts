import { accept, ListMovements } from '@comanda/contracts';
import { countCursor, listed, lists, pageOf } from '@comanda/service-kit';
import { selectList } from '@comanda/storage';
import { movements, products } from '../storage/tables.js';
import { movementView } from '../views/movement-view.js';
import { unknownProduct } from './unknown-product.js';

const page = listed(
  (conditions) => `SELECT ${selectList(movements.columns, 'm')} FROM movements m
    WHERE m.tenant_id = $1 AND m.product_id = $2${conditions} ORDER BY m.position DESC LIMIT $3`,
);

/** A page of the movements of a product, newest first. */
export const listMovements = lists(ListMovements, async (source, { tenantid, data }) => {
  const { productId, limit, cursor } = data;
  const reader = source.of(tenantid);
  const rows = await page(
    reader,
    [tenantid, productId, limit + 1],
    [['m.position < ?', countCursor(cursor)]],
  );
  if (rows.length === 0 && !(await reader.find(products.read(tenantid, productId))))
    return unknownProduct(productId);
  const found = movements.decodeAll(rows);
  return accept(
    pageOf(found, { limit, position: ({ position }) => [String(position), ''], view: movementView }),
  );
});
