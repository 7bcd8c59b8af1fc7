import { accept, type DataOf, GetProduct, type Message, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { DATABASE } from '@comanda/service-kit';
import { type Database, statement } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { productView } from '../views/product-view.js';
import { PRODUCT_WITH_STOCK, productWithStock } from './product-with-stock.js';
import { unknownProduct } from './unknown-product.js';

const ONE = statement(`${PRODUCT_WITH_STOCK} WHERE p.tenant_id = $1 AND p.product_id = $2`);

/** One product with its available stock. */
@Controller()
export class GetProductQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(GetProduct)
  async get({ tenantid, data: { productId } }: Message<DataOf<typeof GetProduct>>): Promise<Reply> {
    const [row] = await this.#database.of(tenantid).read(ONE, tenantid, productId);
    if (!row) return unknownProduct(productId);
    const { product, stock } = productWithStock(row);
    return accept(productView(product, stock));
  }
}
