import {
  accept,
  type DataOf,
  GetOrder,
  GetOrderTimeline,
  ListOrders,
  type Message,
  type OrderView,
  type Reply,
  refuse,
  type Viewer,
} from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { cursorParameters, DATABASE, keysetCondition, pageOf } from '@comanda/service-kit';
import { type Database, selectList } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import type { Order } from '../domain/order.js';
import { orders, timeline } from '../storage/tables.js';

/** Answers about orders, from what is committed. Someone else's order is unknown to a customer. */
@Controller()
export class OrderQueries {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Answers(GetOrder)
  async get({ tenantid, data }: Message<DataOf<typeof GetOrder>>): Promise<Reply> {
    const order = await this.#find(tenantid, data);
    return order ? accept(viewOf(order)) : unknown(data.orderId);
  }

  @Answers(ListOrders)
  async list({ tenantid, data }: Message<DataOf<typeof ListOrders>>): Promise<Reply> {
    const { viewer, limit } = data;
    const rows = await this.database.of(tenantid).read(
      `SELECT ${selectList(orders.columns, 'o')} FROM orders o
       WHERE o.tenant_id = ?1 ->> 'tenant'
         AND (?1 ->> 'customer' IS NULL OR o.customer_id = ?1 ->> 'customer')
         AND (?1 ->> 'status' IS NULL OR o.status = ?1 ->> 'status')
         AND (?1 ->> 'after' IS NULL OR o.created_at > ?1 ->> 'after')
         AND (?1 ->> 'before' IS NULL OR o.created_at < ?1 ->> 'before')
         AND ${keysetCondition('o.created_at', 'o.order_id', 'DESC')}
       ORDER BY o.created_at DESC, o.order_id DESC LIMIT CAST(?1 ->> 'limit' AS BIGINT)`,
      {
        tenant: tenantid,
        customer: viewer.role === 'customer' ? viewer.accountId : null,
        status: data.status ?? null,
        after: data.createdAfter ?? null,
        before: data.createdBefore ?? null,
        limit: limit + 1,
        ...cursorParameters(data.cursor),
      },
    );
    const found = rows.map((row) => orders.decode(row));
    return accept(pageOf(found, limit, ({ createdAt, orderId }) => [createdAt, orderId], viewOf));
  }

  @Answers(GetOrderTimeline)
  async timeline({ tenantid, data }: Message<DataOf<typeof GetOrderTimeline>>): Promise<Reply> {
    const order = await this.#find(tenantid, data);
    if (!order) return unknown(data.orderId);
    const rows = await this.database.of(tenantid).read(
      `SELECT ${selectList(timeline.columns, 't')} FROM order_timeline t
       WHERE t.tenant_id = ?1 ->> 0 AND t.order_id = ?1 ->> 1 ORDER BY t.position`,
      [tenantid, data.orderId],
    );
    const items = rows.map((row) => {
      const { at, service, type, messageId, causationId, detail } = timeline.decode(row);
      return { at, service, type, messageId, ...(causationId !== null && { causationId }), detail };
    });
    return accept({ items });
  }

  async #find(
    tenantId: string,
    { orderId, viewer }: { orderId: string; viewer: Viewer },
  ): Promise<Order | undefined> {
    const [row] = await this.database
      .of(tenantId)
      .read(
        `SELECT ${selectList(orders.columns, 'o')} FROM orders o WHERE o.tenant_id = ?1 ->> 0 AND o.order_id = ?1 ->> 1`,
        [tenantId, orderId],
      );
    const order = row && orders.decode(row);
    return order && (viewer.role === 'staff' || order.customerId === viewer.accountId) ? order : undefined;
  }
}

const unknown = (orderId: string): Reply => refuse(404, 'UNKNOWN_ORDER', `There is no order ${orderId}.`);

function viewOf(order: Order): OrderView {
  const {
    orderId,
    customerId,
    status,
    items,
    totalAmount,
    currency,
    failureCode,
    failureReason,
    refundedAmount,
    refundingAmount,
    createdAt,
    updatedAt,
  } = order;
  return {
    orderId,
    customerId,
    status,
    items: [...items],
    totalAmount,
    currency,
    ...(failureReason !== null && { failureReason }),
    ...(failureCode !== null && { failureCode }),
    refundedAmount,
    ...(refundingAmount > 0 && { refundingAmount }),
    createdAt,
    updatedAt,
  };
}
