import { holds, type Invariant } from './invariant.js';

/** Makes invariants that compare the same entries of orders with those of another service; each `find` is a fault. */
const comparing =
  (compared: Pick<Invariant, 'promise' | 'reads'> & { readonly checked: string }) =>
  ({ find, ...named }: Pick<Invariant, 'id' | 'title'> & { readonly find: readonly string[] }): Invariant =>
    holds({ ...named, ...compared, faults: find.map((one) => ({ find: one })) });

const CONFIRMED_ORDERS = `SELECT count(*) AS n FROM orders.orders WHERE status IN ('CONFIRMED', 'FULFILLED')`;

export const holdsForCaptures = comparing({
  promise: 3,
  reads: ['orders', 'payments'],
  checked: `SELECT count(*) AS n FROM payments.payments WHERE status IN ('COMPLETED', 'REFUNDED')`,
});

export const holdsForPaidOrders = comparing({
  promise: 3,
  reads: ['orders', 'payments'],
  checked: CONFIRMED_ORDERS,
});

export const holdsForSoldOrders = comparing({
  promise: 2,
  reads: ['orders', 'products'],
  checked: CONFIRMED_ORDERS,
});
