import { accept, type DataOf, ListMovements, type Message, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { countCursor, DATABASE, pageOf } from '@comanda/service-kit';
import { type Database, selectList, statement } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { movements, products } from '../storage/tables.js';
import { movementView } from '../views/movement-view.js';
import { unknownProduct } from './unknown-product.js';

const PAGE = statement(`SELECT ${selectList(movements.columns, 'm')} FROM movements m
  WHERE m.tenant_id = $1 AND m.product_id = $2 AND (CAST($3 AS BIGINT) IS NULL OR m.position < $3)
  ORDER BY m.position DESC LIMIT $4`);

/** A page of the movements of a product, newest first. */
@Controller()
export class ListMovementsQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(ListMovements)
  async list({ tenantid, data }: Message<DataOf<typeof ListMovements>>): Promise<Reply> {
    const { productId, limit, cursor } = data;
    const reader = this.#database.of(tenantid);
    const rows = await reader.read(PAGE, tenantid, productId, countCursor(cursor), limit + 1);
    if (rows.length === 0 && !(await reader.find(products.read(tenantid, productId))))
      return unknownProduct(productId);
    const found = rows.map((row) => movements.decode(row));
    return accept(pageOf(found, limit, ({ position }) => [String(position), ''], movementView));
  }
}
