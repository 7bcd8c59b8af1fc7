import { OrderCreated, PricedItem } from '@comanda/contracts';
import { z } from 'zod';
import {
  changesOf,
  type Invariant,
  must,
  type OrderRow,
  type PaymentRow,
  type ReservationRow,
  rowsOf,
} from './watch.js';

/** Written down once more, apart from the service's own table: a mistake there must not be one here. */
const MAY_BECOME: Readonly<Record<string, readonly string[]>> = {
  PENDING: ['AWAITING_PAYMENT', 'CONFIRMED', 'REJECTED', 'CANCELLED'],
  AWAITING_PAYMENT: ['CONFIRMED', 'REJECTED', 'CANCELLED'],
  CONFIRMED: ['CANCELLED', 'FULFILLED'],
  REJECTED: [],
  CANCELLED: [],
  FULFILLED: [],
};

/** An order goes from state to state as the table allows, and never back. */
export const orderFollowsItsLife: Invariant = () => ({
  committed(commit) {
    if (commit.service !== 'orders-service') return;
    for (const { before, after } of changesOf<OrderRow>(commit, 'orders')) {
      if (!before || before.status === after?.status) continue;
      const [from, to] = [before.status, after?.status ?? 'gone'];
      must(
        MAY_BECOME[from]?.includes(to) ?? false,
        'order-follows-its-life',
        () => `order ${before.orderId} went from ${from} to ${to}`,
      );
    }
  },
});

const Lines = z.array(z.object({ name: z.string(), quantity: z.number(), unitPrice: z.number() }));
const PublishedOrder = OrderCreated.data
  .required()
  .omit({ paymentMethod: true })
  .extend({ items: z.array(PricedItem.required()) });

/** The lines of an order add up to its total, as it is kept and as others are told. */
export const orderCostsItsLines: Invariant = () => {
  const adds = (orderId: string, total: number, lines: readonly number[]) =>
    must(
      lines.reduce((sum, line) => sum + line, 0) === total,
      'order-costs-its-lines',
      () => `order ${orderId} costs ${total}, its lines ${lines.join(' + ')}`,
    );
  return {
    committed(commit) {
      if (commit.service !== 'orders-service') return;
      for (const { after } of changesOf<OrderRow>(commit, 'orders')) {
        if (!after || after.totalAmount === 0) continue;
        const lines = Lines.parse(JSON.parse(after.items));
        adds(
          after.orderId,
          after.totalAmount,
          lines.map(({ unitPrice, quantity }) => unitPrice * quantity),
        );
      }
      for (const { type, data } of commit.published) {
        if (type !== OrderCreated.type) continue;
        const { orderId, totalAmount, items } = PublishedOrder.parse(data);
        adds(
          orderId,
          totalAmount,
          items.map(({ lineTotal }) => lineTotal),
        );
      }
    },
  };
};

const NEVER_HELD = ['RELEASED', 'EXPIRED', 'REFUSED', 'ENDED_BEFORE_RESERVED', 'none'];

/** An accepted order is there once, ends, and its stock and its payment fit the end. */
export const acceptedOrderEnds: Invariant = ({ workload, stores }) => ({
  atRest() {
    const rows = rowsOf<OrderRow>(stores['orders-service'], 'orders');
    const orders = new Map(rows.map((row) => [row.orderId, row]));
    const placed = workload.errands.flatMap(({ order }) => (order ? [order] : []));
    must(
      rows.length === placed.length,
      'accepted-order-ends',
      () => `${placed.length} orders were accepted, ${rows.length} are there`,
    );
    const reserved = new Map(
      rowsOf<ReservationRow>(stores['products-service'], 'reservations').map((row) => [
        row.orderId,
        row.status,
      ]),
    );
    const paid = new Map(
      rowsOf<PaymentRow>(stores['payments-service'], 'payments').map((row) => [row.orderId, row]),
    );
    for (const { orderId, tenantId } of placed) {
      const order = orders.get(orderId);
      must(
        order?.tenantId === tenantId,
        'accepted-order-ends',
        () => `order ${orderId} was accepted and is not there`,
      );
      if (!order) continue;
      const stock = reserved.get(orderId) ?? 'none';
      const payment = paid.get(orderId);
      const money =
        payment?.status === 'COMPLETED' && payment.amount === 0 ? 'NOTHING' : (payment?.status ?? 'none');
      const fits =
        order.status === 'CONFIRMED' || order.status === 'FULFILLED'
          ? stock === 'COMMITTED' && ['COMPLETED', 'REFUNDED', 'NOTHING'].includes(money)
          : ['REJECTED', 'CANCELLED'].includes(order.status) &&
            NEVER_HELD.includes(stock) &&
            ['none', 'VOID', 'FAILED', 'REFUNDED', 'NOTHING'].includes(money);
      must(
        fits,
        'accepted-order-ends',
        () => `order ${orderId} is ${order.status}, its reservation ${stock}, its payment ${money}`,
      );
    }
  },
});
