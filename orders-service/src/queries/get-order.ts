import { accept, type DataOf, GetOrder, type Message, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { DATABASE } from '@comanda/service-kit';
import type { Database } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { orderView } from '../views/order-view.js';
import { unknownOrder, visibleOrder } from './visible-order.js';

/** One order. */
@Controller()
export class GetOrderQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(GetOrder)
  async get({ tenantid, data }: Message<DataOf<typeof GetOrder>>): Promise<Reply> {
    const order = await visibleOrder(this.#database, tenantid, data);
    return order ? accept(orderView(order)) : unknownOrder(data.orderId);
  }
}
