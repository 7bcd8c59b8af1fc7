import { accept, type DataOf, type Message, ReadCatalogue, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { cursorParameters, DATABASE, pageOf } from '@comanda/service-kit';
import { type Database, statement } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { catalogueEntry } from '../views/product-view.js';
import { PRODUCT_WITH_STOCK, productWithStock } from './product-with-stock.js';

const PAGE = statement(`${PRODUCT_WITH_STOCK}
  WHERE p.tenant_id = $1 AND (CAST($2 AS TEXT) IS NULL OR p.product_id > $2)
  ORDER BY p.tenant_id, p.product_id LIMIT $3`);

/** A page of the catalogue by id, as it is exported and compared with the price list. */
@Controller()
export class ReadCatalogueQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(ReadCatalogue)
  async read({ tenantid, data }: Message<DataOf<typeof ReadCatalogue>>): Promise<Reply> {
    const { cursorId } = cursorParameters(data.cursor);
    const rows = await this.#database.of(tenantid).read(PAGE, tenantid, cursorId, data.limit + 1);
    return accept(
      pageOf(
        rows.map(productWithStock),
        data.limit,
        ({ product: { productId } }) => [tenantid, productId],
        ({ product, stock }) => catalogueEntry(product, stock),
      ),
    );
  }
}
