import { accept, type DataOf, GetDelivery, type Message, type Reply, refuse } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { DATABASE } from '@comanda/service-kit';
import { type Database, selectList, statement } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { attempts, deliveries } from '../storage/tables.js';
import { attemptView, deliveryView } from '../views/delivery-view.js';

const ATTEMPTS = statement(`SELECT ${selectList(attempts.columns, 'a')} FROM attempts a
  WHERE a.tenant_id = $1 AND a.delivery_id = $2 ORDER BY a.attempt_id`);

/** One delivery with each attempt and its answer. */
@Controller()
export class GetDeliveryQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(GetDelivery)
  async get({ tenantid, data: { deliveryId } }: Message<DataOf<typeof GetDelivery>>): Promise<Reply> {
    const reader = this.#database.of(tenantid);
    const delivery = await reader.find(deliveries.read(tenantid, deliveryId));
    if (!delivery) return refuse(404, 'UNKNOWN_DELIVERY', `There is no delivery ${deliveryId}.`);
    const history = await reader.read(ATTEMPTS, tenantid, deliveryId);
    return accept({
      ...deliveryView(delivery),
      attempts: history.map((stored) => attemptView(attempts.decode(stored))),
    });
  }
}
