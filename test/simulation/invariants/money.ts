import { Amount, Currency } from '@comanda/contracts';
import { z } from 'zod';
import { add, type Invariant, must, type OrderRow, rowsOf } from './watch.js';

const Counted = z.object({ amount: Amount }).or(z.object({ totalAmount: Amount }));
const Priced = z.object({ currency: Currency });

/** At most one capture per order, and never more back than was taken: in the provider's own books. */
export const oneCapturePerOrder: Invariant = ({ provider }) => {
  const taken = new Map<string, { orderId: string; amount: number }>();
  const orders = new Set<string>();
  const back = new Map<string, number>();
  const seen = { captures: 0, refunds: 0 };
  return {
    moved() {
      for (const { orderId, reference, amount } of provider.captures.slice(seen.captures)) {
        must(!orders.has(orderId), 'one-capture-per-order', () => `order ${orderId} was charged twice`);
        orders.add(orderId);
        taken.set(reference, { orderId, amount });
      }
      for (const { reference, amount } of provider.refunds.slice(seen.refunds)) {
        const capture = taken.get(reference);
        const sum = add(back, reference, amount);
        must(
          sum <= (capture?.amount ?? 0),
          'refunds-within-capture',
          () => `the capture ${reference} was ${capture?.amount ?? 0} and ${sum} went back`,
        );
      }
      seen.captures = provider.captures.length;
      seen.refunds = provider.refunds.length;
    },
  };
};

/** What was captured belongs to a confirmed order, or went back to the last cent. */
export const capturedMeansConfirmedOrRefunded: Invariant = ({ provider, stores }) => ({
  atRest() {
    const captured = new Map(provider.captures.map((capture) => [capture.orderId, capture]));
    const back = new Map<string, number>();
    for (const { reference, amount } of provider.refunds) add(back, reference, amount);
    const orders = new Map(
      rowsOf<OrderRow>(stores['orders-service'], 'orders').map((row) => [row.orderId, row]),
    );
    for (const { orderId, reference, amount } of captured.values()) {
      const order = orders.get(orderId);
      const refunded = back.get(reference) ?? 0;
      const sold = order?.status === 'CONFIRMED' || order?.status === 'FULFILLED';
      const right = sold ? amount === order.totalAmount : refunded === amount;
      must(
        right,
        'captured-means-confirmed-or-refunded',
        () =>
          `order ${orderId} over ${order?.totalAmount} is ${order?.status}; ${amount} was captured, ${refunded} went back`,
      );
    }
    for (const { orderId, status, totalAmount } of orders.values())
      must(
        !['CONFIRMED', 'FULFILLED'].includes(status) || captured.has(orderId) || totalAmount === 0,
        'captured-means-confirmed-or-refunded',
        () => `order ${orderId} is ${status} and was never charged`,
      );
  },
});

/** Whoever is told an amount is told of which currency. Only messages of earlier builds may lack it. */
export const amountsHaveCurrency: Invariant = () => ({
  committed({ published }) {
    for (const { type, data } of published)
      must(
        !Counted.safeParse(data).success || Priced.safeParse(data).success,
        'amounts-have-currency',
        () => `${type} tells an amount without its currency`,
      );
  },
});
