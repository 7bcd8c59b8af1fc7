import {
  accept,
  type DataOf,
  GetDelivery,
  ListDeliveries,
  type Message,
  type Reply,
  refuse,
} from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { cursorParameters, DATABASE, keysetCondition, pageOf } from '@comanda/service-kit';
import { type Database, selectList } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { deliveryViewOf } from '../handlers/subscription-view.js';
import { attempts, deliveries } from '../storage/tables.js';

/** The history: what was sent to whom, each attempt, and what was answered. */
@Controller()
export class DeliveryQueries {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Answers(ListDeliveries)
  async list({ tenantid, data }: Message<DataOf<typeof ListDeliveries>>): Promise<Reply> {
    const { subscriptionId = null, status = null, eventType = null, orderId = null, limit, cursor } = data;
    const rows = await this.database.of(tenantid).read(
      `SELECT ${selectList(deliveries.columns, 'd')} FROM deliveries d
       WHERE d.tenant_id = ?1 ->> 'tenant'
         AND (?1 ->> 'subscription' IS NULL OR d.subscription_id = ?1 ->> 'subscription')
         AND (?1 ->> 'status' IS NULL OR d.status = ?1 ->> 'status')
         AND (?1 ->> 'type' IS NULL OR d.event_type = ?1 ->> 'type')
         AND ${orderId === null ? 'true' : `d.order_id = ?1 ->> 'order'`}
         AND ${keysetCondition('d.created_at', 'd.delivery_id', 'DESC')}
       ORDER BY d.created_at DESC, d.delivery_id DESC LIMIT CAST(?1 ->> 'limit' AS BIGINT)`,
      {
        tenant: tenantid,
        subscription: subscriptionId,
        status,
        type: eventType,
        order: orderId,
        limit: limit + 1,
        ...cursorParameters(cursor),
      },
    );
    const found = rows.map((row) => deliveries.decode(row));
    return accept(
      pageOf(found, limit, ({ createdAt, deliveryId }) => [createdAt, deliveryId], deliveryViewOf),
    );
  }

  @Answers(GetDelivery)
  async get({ tenantid, data: { deliveryId } }: Message<DataOf<typeof GetDelivery>>): Promise<Reply> {
    const [row] = await this.database
      .of(tenantid)
      .read(
        `SELECT ${selectList(deliveries.columns, 'd')} FROM deliveries d WHERE d.tenant_id = ?1 ->> 0 AND d.delivery_id = ?1 ->> 1`,
        [tenantid, deliveryId],
      );
    if (!row) return refuse(404, 'UNKNOWN_DELIVERY', `There is no delivery ${deliveryId}.`);
    const history = await this.database.of(tenantid).read(
      `SELECT ${selectList(attempts.columns, 'a')} FROM attempts a
       WHERE a.tenant_id = ?1 ->> 0 AND a.delivery_id = ?1 ->> 1 ORDER BY a.attempt_id`,
      [tenantid, deliveryId],
    );
    const items = history.map((stored) => {
      const { at, statusCode, durationMs, responseBody, error } = attempts.decode(stored);
      return {
        at,
        ...(statusCode !== null && { statusCode }),
        durationMs,
        ...(responseBody !== null && { responseBody }),
        ...(error !== null && { error }),
      };
    });
    return accept({ ...deliveryViewOf(deliveries.decode(row)), attempts: items });
  }
}
