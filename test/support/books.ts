import { poll } from '@comanda/local-infra';
import { PATIENCE_MS } from './api.js';
import type { Installation } from './installation.js';
import {
  BEHIND,
  catalogued,
  contentOf,
  type EventRow,
  type Ledger,
  linesOf,
  readersOf,
  readLedger,
  unitsOf,
} from './ledger.js';
import { countMessages } from './queues.js';

export interface BooksOptions {
  /** Ids of the orders that were answered 202. */
  readonly accepted: readonly string[];
  /** Ids of orders whose answer was never received: there or not, but no others than these and `accepted`. */
  readonly perhaps?: readonly string[];
  /** How many messages must be in the dead letters, over all services; none when left out. */
  readonly deadLetters?: number;
  /** Orders that were placed in other tests on the same installation. */
  readonly others?: 'none' | 'some';
  /** How long everything may take to come to rest. */
  readonly patienceMs?: number;
}

/** Something in the books is wrong; every entry of it, not only the first. */
export class BooksWrong extends Error {
  override readonly name = 'BooksWrong';
  constructor(readonly entries: readonly string[]) {
    super(`the books are wrong in ${entries.length} entries:\n${entries.join('\n')}`);
  }
}

/** What the books say, for tests that know the exact numbers. */
export interface Books {
  readonly orders: number;
  readonly confirmed: number;
  readonly rejected: number;
  readonly cancelled: number;
  /** Units sold and still available, by product. */
  readonly sold: ReadonlyMap<string, number>;
  readonly available: ReadonlyMap<string, number>;
  readonly reservations: Readonly<Record<string, number>>;
  readonly payments: Readonly<Record<string, number>>;
  /** Events told about orders, their stock and their money. */
  readonly events: number;
  /** Sum of what was captured and not refunded. */
  readonly kept: number;
}

const TERMINAL = new Set(['CONFIRMED', 'REJECTED', 'CANCELLED', 'FULFILLED']);
const SOLD = new Set(['CONFIRMED', 'FULFILLED']);

/**
 * Waits until nothing moves any more, and then checks every invariant that can be read from
 * the five databases, the broker and the witness's mail.
 *
 * @throws BooksWrong
 */
export async function checkBooks(installation: Installation, options: BooksOptions): Promise<Books> {
  const { accepted, perhaps = [], deadLetters = 0, others = 'some', patienceMs = PATIENCE_MS } = options;
  await atRest(installation, accepted, patienceMs);
  const ledger = readLedger(installation);
  const { dead } = await countMessages(installation.rabbit.url);
  const wrong = [
    ...ordersWrong(ledger, { accepted, perhaps, others }),
    ...stockWrong(ledger),
    ...moneyWrong(ledger),
    ...storyWrong(ledger),
    ...mailWrong(ledger, installation),
    ...(sum(Object.values(dead)) === deadLetters
      ? []
      : [`dead letters: ${JSON.stringify(dead)}, must be ${deadLetters}`]),
  ];
  if (wrong.length > 0) throw new BooksWrong(wrong);
  return summary(ledger);
}

/** Waits until every order has ended and no message, event, reservation, payment or delivery is under way. */
async function atRest(
  installation: Installation,
  accepted: readonly string[],
  patienceMs: number,
): Promise<void> {
  let moving: string[] = [];
  try {
    await poll(
      async () => {
        moving = stillMoving(readLedger(installation), accepted);
        if (moving.length > 0) return false;
        const { waiting } = await countMessages(installation.rabbit.url);
        moving = Object.entries(waiting).map(([queue, n]) => `${n} messages in ${queue}`);
        // What was in a service's hands while the queues were counted has shown itself by now.
        if (moving.length === 0) moving = stillMoving(readLedger(installation), accepted);
        return moving.length === 0;
      },
      { what: 'everything has come to rest', timeoutMs: patienceMs, everyMs: 200 },
    );
  } catch (error) {
    const shown = [...moving.slice(0, 20), ...(moving.length > 20 ? [`... ${moving.length} in all`] : [])];
    throw new Error(`${String(error)}\nStill moving:\n${shown.join('\n')}\n${installation.logs()}`, {
      cause: error,
    });
  }
}

function stillMoving(ledger: Ledger, accepted: readonly string[]): string[] {
  const status = new Map(ledger.orders.map((order) => [order.order_id, order.status]));
  const told = sequencesTold(ledger);
  return [
    ...accepted.filter((id) => !status.has(id)).map((id) => `order ${id} was accepted and is not there`),
    ...ledger.orders
      .filter((order) => !TERMINAL.has(order.status))
      .map((order) => `order ${order.order_id} is ${order.status}`),
    ...ledger.reservations
      .filter((reservation) => reservation.status === 'HELD')
      .map((reservation) => `stock is held for order ${reservation.order_id}`),
    ...ledger.payments
      .filter(
        (payment) => payment.status === 'PENDING' || (payment.status === 'COMPLETED' && payment.unwanted),
      )
      .map((payment) => `payment for order ${payment.order_id} is ${payment.status}`),
    ...BEHIND.filter((name) => ledger.outbox[name] > 0).map(
      (name) => `${ledger.outbox[name]} events in the outbox of ${name}`,
    ),
    ...BEHIND.flatMap((name) => ledger.work[name].map(({ kind, id }) => `${name} has to ${kind} ${id}`)),
    ...tellers(ledger).flatMap(({ who, sequence }) => {
      const heard = told.get(who)?.length ?? 0;
      return heard < sequence ? [`${sequence} events were told by ${who}, ${heard} arrived`] : [];
    }),
    ...ledger.events.flatMap(({ event_id, type }) =>
      readersOf(type)
        .filter((reader) => !ledger.inbox[reader].has(event_id))
        .map((reader) => `${reader} has not handled ${type} ${event_id}`),
    ),
  ];
}

/** 1: a 202 means exactly one order; 2 and 4: its stock and its money fit its end. */
function ordersWrong(
  { orders, steps, reservations, payments }: Ledger,
  { accepted, perhaps, others }: { accepted: readonly string[]; perhaps: readonly string[]; others: string },
): string[] {
  const known = new Set([...accepted, ...perhaps]);
  const reserved = new Map(reservations.map((reservation) => [reservation.order_id, reservation.status]));
  const paid = new Map(payments.map((payment) => [payment.order_id, payment.status]));
  const taken = countBy(
    steps.filter(({ type }) => type === 'orders.create'),
    ({ order_id }) => order_id,
  );
  const repeated = [...countBy(accepted, (id) => id)].filter(([, n]) => n > 1);
  return [
    ...repeated.map(([id, n]) => `the id ${id} was given to ${n} accepted orders`),
    ...(others === 'none' ? orders.filter(({ order_id }) => !known.has(order_id)) : []).map(
      ({ order_id }) => `nobody placed order ${order_id}`,
    ),
    ...orders
      .filter(({ order_id }) => taken.get(order_id) !== 1)
      .map(({ order_id }) => `order ${order_id} was taken ${taken.get(order_id) ?? 0} times`),
    ...orders.flatMap(({ order_id: id, status, failure_code }) => {
      const [stock, money] = [reserved.get(id), paid.get(id)];
      const fits = {
        CONFIRMED: stock === 'COMMITTED' && money === 'COMPLETED',
        FULFILLED: stock === 'COMMITTED' && money === 'COMPLETED',
        REJECTED:
          (stock === 'REFUSED' && money === 'VOID') ||
          // Its reservation may have run out while the money was asked for.
          (['RELEASED', 'EXPIRED'].includes(stock ?? '') && money === 'FAILED') ||
          // Refused before anybody was asked: a product that is not there.
          (stock === 'FORESTALLED' && money === 'VOID'),
        CANCELLED:
          ['RELEASED', 'EXPIRED', 'FORESTALLED', 'REFUSED'].includes(stock ?? '') &&
          ['REFUNDED', 'FAILED', 'VOID'].includes(money ?? ''),
      }[status];
      return fits === true
        ? []
        : [`order ${id} is ${status} (${failure_code}), its stock ${stock}, its money ${money}`];
    }),
  ];
}

/** 2: what was put in is on the shelf, held or sold; 4: what came back came back once. */
function stockWrong({ orders, stock, movements, reservations }: Ledger): string[] {
  const held = unitsOf(
    reservations.filter(({ status }) => status === 'HELD').flatMap(({ items }) => linesOf(items)),
  );
  const committed = unitsOf(
    reservations.filter(({ status }) => status === 'COMMITTED').flatMap(({ items }) => linesOf(items)),
  );
  const confirmed = unitsOf(
    orders.filter(({ status }) => SOLD.has(status)).flatMap(({ items }) => linesOf(items)),
  );
  const moved = new Map<string, number>();
  for (const { order_id, product_id, delta } of movements)
    if (order_id !== null)
      moved.set(`${order_id}/${product_id}`, (moved.get(`${order_id}/${product_id}`) ?? 0) + delta);
  return [
    ...stock.flatMap(({ product_id: id, available, reserved, sold }) => {
      const own = movements.filter(({ product_id }) => product_id === id);
      const putIn = sum(own.filter(({ order_id }) => order_id === null).map(({ delta }) => delta));
      const is = { putIn, moved: sum(own.map(({ delta }) => delta)), held: reserved, sold, negative: false };
      const must = {
        putIn: available + reserved + sold,
        moved: available,
        held: held.get(id) ?? 0,
        sold: confirmed.get(id) ?? 0,
        negative: Math.min(available, reserved, sold) < 0,
      };
      return [
        ...differences(`product ${id}`, is, must),
        ...((committed.get(id) ?? 0) === sold
          ? []
          : [`product ${id}: ${sold} sold, ${committed.get(id)} committed`]),
      ];
    }),
    ...reservations.flatMap(({ order_id, status, items }) =>
      [...unitsOf(linesOf(items))].flatMap(([product, quantity]) => {
        const out = status === 'COMMITTED' || status === 'HELD' ? -quantity : 0;
        const is = moved.get(`${order_id}/${product}`) ?? 0;
        return is === out ? [] : [`order ${order_id} (${status}) moved ${is} of ${product}, must be ${out}`];
      }),
    ),
  ];
}

/** 3: captured means confirmed, or refunded by exactly what was captured. */
function moneyWrong({ orders, payments }: Ledger): string[] {
  const byOrder = new Map(orders.map((order) => [order.order_id, order]));
  return payments.flatMap((payment) => {
    const { order_id: id, status, amount, refunded_amount } = payment;
    const order = byOrder.get(id);
    if (!order) return [`payment ${payment.payment_id} is for order ${id}, which is not there`];
    const captured = status === 'COMPLETED' || status === 'REFUNDED';
    const is = {
      amount: captured || status === 'FAILED' ? amount : order.total_amount,
      refunded: refunded_amount,
      orderSaysRefunded: order.refunded_amount,
      paymentOfOrder: SOLD.has(order.status) ? order.payment_id : payment.payment_id,
    };
    const must = {
      amount: order.total_amount,
      refunded: status === 'REFUNDED' ? amount : 0,
      orderSaysRefunded: status === 'REFUNDED' ? amount : 0,
      paymentOfOrder: payment.payment_id,
    };
    return differences(`payment for order ${id} (${status})`, is, must);
  });
}

/** 5, 6 and 8: each aggregate told its events once, without a gap, to everybody; the timeline has them all. */
function storyWrong(ledger: Ledger): string[] {
  const told = sequencesTold(ledger);
  const known = new Map(tellers(ledger).map(({ who, sequence }) => [who, sequence]));
  const noted = new Set(ledger.steps.map(({ order_id, message_id }) => `${order_id}/${message_id}`));
  return [
    ...[...told].flatMap(([who, sequences]) => {
      const sorted = sequences.toSorted((one, other) => one - other);
      const expected = Array.from({ length: known.get(who) ?? 0 }, (_, at) => at + 1);
      return sorted.join() === expected.join()
        ? []
        : [`${who} told events number ${sorted.join()}, must be ${expected.join()}`];
    }),
    ...ledger.events.flatMap(({ event_id, type, order_id }) => {
      const { by, to } = catalogued(type);
      const ofOrder = order_id !== null && (by === 'orders-service' || to.includes('orders-service'));
      return ofOrder && !noted.has(`${order_id}/${event_id}`)
        ? [`the timeline of ${order_id} lacks ${type} ${event_id}`]
        : [];
    }),
  ];
}

/** 7: the witness got every event, with the bytes that are stored; nobody got one twice over. */
function mailWrong({ events, deliveries }: Ledger, { witness }: Installation): string[] {
  const { receiver, subscriptionId } = witness;
  const stored = new Map(events.map((event) => [event.event_id, event.body]));
  const delivered = deliveries.filter(({ subscription_id }) => subscription_id === subscriptionId);
  const twice = [...countBy(deliveries, (row) => `${row.subscription_id}/${row.event_id}`)].filter(
    ([, n]) => n > 1,
  );
  return [
    ...receiver.forged.map((reason) => `a request did not verify: ${reason}`),
    ...twice.map(([what, n]) => `${n} deliveries of ${what}`),
    ...delivered
      .filter(({ status }) => status !== 'DELIVERED')
      .map((row) => `delivery ${row.delivery_id} is ${row.status}`),
    ...missing(
      'no delivery to the witness of',
      stored.keys(),
      new Set(delivered.map(({ event_id }) => event_id)),
    ),
    ...missing('the witness never got', stored.keys(), receiver.taken),
    ...missing('the witness got what was never told:', receiver.taken, new Set(stored.keys())),
    ...receiver.attempts
      .filter(({ id, body }) => stored.has(id) && stored.get(id) !== body)
      .map(({ id }) => `event ${id} was sent with other bytes than those stored`),
  ];
}

/** Every aggregate and how many events it says it has told. */
function tellers(ledger: Ledger): { who: string; sequence: number }[] {
  return [
    ...ledger.orders.map((row) => ({ who: `orders-service/order ${row.order_id}`, sequence: row.sequence })),
    ...ledger.reservations.map((row) => ({
      who: `products-service/reservation for ${row.order_id}`,
      sequence: row.sequence,
    })),
    ...ledger.payments.map((row) => ({
      who: `payments-service/payment for ${row.order_id}`,
      sequence: row.sequence,
    })),
    ...ledger.subscriptions.map((row) => ({
      who: `webhook-publisher/subscription ${row.subscription_id}`,
      sequence: row.sequence,
    })),
    ...ledger.products
      // Its creation was told before the witness came.
      .filter((row) => row.sequence > 1)
      .map((row) => ({ who: `products-service/product ${row.product_id}`, sequence: row.sequence })),
  ];
}

function sequencesTold({ events, products }: Ledger): Map<string, number[]> {
  const told = new Map<string, number[]>();
  const changed = new Set(
    products.filter(({ sequence }) => sequence > 1).map(({ product_id }) => product_id),
  );
  for (const event of events) {
    const { sequence, data } = contentOf(event);
    if (typeof data.productId === 'string' && !changed.has(data.productId)) continue;
    const who = tellerOf(event, data);
    told.set(who, [...(told.get(who) ?? []), sequence]);
  }
  // Of products, what was told before the witness came is taken as heard.
  for (const [who, sequences] of told)
    if (who.startsWith('products-service/product')) {
      const first = Math.min(...sequences);
      told.set(who, [...Array.from({ length: first - 1 }, (_, at) => at + 1), ...sequences]);
    }
  return told;
}

function tellerOf(
  { type }: EventRow,
  { orderId, productId, subscriptionId }: Record<string, unknown>,
): string {
  const { by } = catalogued(type);
  switch (by) {
    case 'orders-service':
      return `${by}/order ${orderId}`;
    case 'payments-service':
      return `${by}/payment for ${orderId}`;
    case 'products-service':
      return orderId === undefined ? `${by}/product ${productId}` : `${by}/reservation for ${orderId}`;
    default:
      return `${by}/subscription ${subscriptionId}`;
  }
}

function summary({ orders, stock, reservations, payments, events }: Ledger): Books {
  const ended = countBy(orders, ({ status }) => status);
  return {
    orders: orders.length,
    confirmed: ended.get('CONFIRMED') ?? 0,
    rejected: ended.get('REJECTED') ?? 0,
    cancelled: ended.get('CANCELLED') ?? 0,
    sold: new Map(stock.map(({ product_id, sold }) => [product_id, sold])),
    available: new Map(stock.map(({ product_id, available }) => [product_id, available])),
    reservations: Object.fromEntries(countBy(reservations, ({ status }) => status)),
    payments: Object.fromEntries(countBy(payments, ({ status }) => status)),
    events: events.filter(({ order_id }) => order_id !== null).length,
    kept: sum(
      payments
        .filter(({ status }) => status === 'COMPLETED' || status === 'REFUNDED')
        .map(({ amount, refunded_amount }) => amount - refunded_amount),
    ),
  };
}

function countBy<T>(list: Iterable<T>, key: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of list) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
  return counts;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const missing = (what: string, wanted: Iterable<string>, there: ReadonlySet<string>): string[] =>
  [...wanted].filter((id) => !there.has(id)).map((id) => `${what} ${id}`);

function differences<T extends object>(what: string, is: T, must: T): string[] {
  return Object.entries(must).flatMap(([name, value]) => {
    const found = Object.entries(is).find(([other]) => other === name)?.[1];
    return found === value ? [] : [`${what}: ${name} is ${found}, must be ${value}`];
  });
}
