import { accept, type DataOf, GetOrderTimeline, type Message, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { DATABASE } from '@comanda/service-kit';
import { type Database, selectList, statement } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { timeline } from '../storage/tables.js';
import { stepView } from '../views/step-view.js';
import { unknownOrder, visibleOrder } from './visible-order.js';

const STEPS = statement(`SELECT ${selectList(timeline.columns, 't')} FROM order_timeline t
  WHERE t.tenant_id = $1 AND t.order_id = $2 ORDER BY t.position`);

/** Each step of an order, in the order in which this service learned of it. */
@Controller()
export class GetOrderTimelineQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(GetOrderTimeline)
  async timeline({ tenantid, data }: Message<DataOf<typeof GetOrderTimeline>>): Promise<Reply> {
    const order = await visibleOrder(this.#database, tenantid, data);
    if (!order) return unknownOrder(data.orderId);
    const rows = await this.#database.of(tenantid).read(STEPS, tenantid, data.orderId);
    return accept({ items: rows.map((row) => stepView(timeline.decode(row))) });
  }
}
