import { accept, type DataOf, ListDeliveries, type Message, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { cursorParameters, DATABASE, keysetCondition, pageOf } from '@comanda/service-kit';
import { type Database, selectList } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { deliveries } from '../storage/tables.js';
import { deliveryView } from '../views/delivery-view.js';

const page = (condition: string) => `SELECT ${selectList(deliveries.columns, 'd')} FROM deliveries d
  WHERE d.tenant_id = ?1 ->> 'tenant'
    AND (?1 ->> 'subscription' IS NULL OR d.subscription_id = ?1 ->> 'subscription')
    AND (?1 ->> 'status' IS NULL OR d.status = ?1 ->> 'status')
    AND (?1 ->> 'type' IS NULL OR d.event_type = ?1 ->> 'type')
    AND ${condition}
    AND ${keysetCondition('d.created_at', 'd.delivery_id', 'DESC')}
  ORDER BY d.created_at DESC, d.delivery_id DESC LIMIT CAST(?1 ->> 'limit' AS BIGINT)`;

const ALL = page('true');
/** The index by order answers only when the condition stands there unconditionally. */
const OF_ORDER = page("d.order_id = ?1 ->> 'order'");

/** The history: a page of what was sent to whom, the newest first. */
@Controller()
export class ListDeliveriesQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(ListDeliveries)
  async list({ tenantid, data }: Message<DataOf<typeof ListDeliveries>>): Promise<Reply> {
    const { subscriptionId = null, status = null, eventType = null, orderId = null, limit, cursor } = data;
    const rows = await this.#database.of(tenantid).read(orderId === null ? ALL : OF_ORDER, {
      tenant: tenantid,
      subscription: subscriptionId,
      status,
      type: eventType,
      order: orderId,
      limit: limit + 1,
      ...cursorParameters(cursor),
    });
    const found = rows.map((row) => deliveries.decode(row));
    return accept(pageOf(found, limit, ({ createdAt, deliveryId }) => [createdAt, deliveryId], deliveryView));
  }
}
