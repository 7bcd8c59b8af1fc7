import { join } from 'node:path';
import { audit, databasesIn, violationLine } from '@comanda/auditor';
import type { Installation } from './installation.js';
import { type Ledger, readLedger } from './ledger.js';
import { countDeadLetters, countMessages } from './queues.js';
import { PATIENCE_MS, until } from './until.js';

export interface BooksOptions {
  /** Ids of the orders that were answered 202; those that the installation knows of when left out. */
  readonly accepted?: readonly string[];
  /** Ids of orders whose answer was never received: there or not, but no others than these and `accepted`. */
  readonly perhaps?: readonly string[];
  /** How many orders may be there besides, whose answers were never received and whose ids nobody knows; none when left out. */
  readonly unknown?: number;
  /** How many messages must be in the dead letters, over all services; none when left out. */
  readonly deadLetters?: number;
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
  readonly fulfilled: number;
  readonly rejected: number;
  readonly cancelled: number;
  /** Units sold and still available, by product. */
  readonly sold: ReadonlyMap<string, number>;
  readonly available: ReadonlyMap<string, number>;
  readonly reservations: Readonly<Record<string, number>>;
  readonly payments: Readonly<Record<string, number>>;
  /** Events about orders, their stock and their money. */
  readonly events: number;
  /** Sum of what was captured and not refunded. */
  readonly kept: number;
}

/** What is wrong of a system in motion and comes right by itself; anything else is wrong at once. */
const MOVING = [
  'every-order-ends',
  'nothing-is-under-way',
  'the-outbox-is-published',
  'sequences-have-no-gap',
  'every-event-is-handled',
  'the-price-list-is-the-catalogue',
];

/**
 * Waits until nothing moves any more, and then checks every invariant: those that the auditor reads from the five
 * databases, and what only a test knows: whom it was promised an order, and what the witness got.
 *
 * @throws BooksWrong
 */
export async function checkBooks(installation: Installation, options: BooksOptions = {}): Promise<Books> {
  const {
    accepted = installation.accepted,
    perhaps = [],
    unknown = 0,
    deadLetters = 0,
    patienceMs = PATIENCE_MS,
  } = options;
  await atRest(installation, accepted, patienceMs);
  // What waits behind others may die after the last order has ended.
  if (deadLetters > 0)
    await until(
      `there are ${deadLetters} dead letters`,
      async () => sum(Object.values(await countDeadLetters(installation))) >= deadLetters,
      { timeoutMs: patienceMs },
    );
  const ledger = readLedger(installation);
  const dead = await countDeadLetters(installation);
  const wrong = [
    ...(await violationsOf(installation)),
    ...ordersWrong(ledger, accepted, perhaps, unknown),
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
  const look = async (): Promise<string[]> => {
    await installation.refresh();
    return [
      ...missing('accepted and not there: order', accepted, idsOfOrders(installation)),
      ...(await violationsOf(installation, MOVING)),
    ];
  };
  try {
    await until(
      'everything has come to rest',
      async () => {
        // The whole look is dear, and for most of the time this is what it would find.
        moving = (await installation.hasOpenOrders()) ? ['an order has not ended'] : await look();
        if (moving.length > 0) return false;
        const { waiting } = await countMessages(installation.brokerUrl);
        moving = Object.entries(waiting).map(([queue, n]) => `${n} messages in ${queue}`);
        // What was in a service's hands while the queues were counted has shown itself by now.
        if (moving.length === 0) moving = await look();
        return moving.length === 0;
      },
      { timeoutMs: patienceMs, everyMs: 200 },
    );
  } catch (error) {
    moving = [...moving, ...(await look())];
    const shown = [...moving.slice(0, 20), ...(moving.length > 20 ? [`... ${moving.length} in all`] : [])];
    throw new Error(`${String(error)}\nStill moving:\n${shown.join('\n')}\n${installation.logs()}`, {
      cause: error,
    });
  }
}

/** What the auditor finds. It does not ask the broker, so that no dead letter excuses anything. */
async function violationsOf(installation: Installation, only?: readonly string[]): Promise<string[]> {
  const { invariants } = await audit({
    databases: databasesIn(join(installation.directory, 'data')),
    atRest: true,
    ...(only && { only }),
  });
  return invariants.flatMap(({ id, count, violations }) => [
    ...violations.map((violation) => `${id}: ${violationLine(violation)}`),
    ...(count > violations.length ? [`${id}: ${count} in all`] : []),
  ]);
}

const idsOfOrders = (installation: Installation): Set<string> =>
  new Set(
    installation
      .rows<{ order_id: string }>('orders', 'SELECT order_id FROM orders')
      .map(({ order_id }) => order_id),
  );

/** Each accepted order has an id of its own, and nobody else's is there. */
function ordersWrong(
  { orders }: Ledger,
  accepted: readonly string[],
  perhaps: readonly string[],
  unknown: number,
): string[] {
  const known = new Set([...accepted, ...perhaps]);
  const repeated = [...countBy(accepted, (id) => id)].filter(([, n]) => n > 1);
  const strangers = orders.filter(({ order_id }) => !known.has(order_id));
  return [
    ...repeated.map(([id, n]) => `the id ${id} was given to ${n} accepted orders`),
    ...(strangers.length > unknown ? strangers.map(({ order_id }) => `nobody placed order ${order_id}`) : []),
  ];
}

/** The witness got every event, with the bytes that are stored; nobody got one twice over. */
function mailWrong({ events, deliveries }: Ledger, { witness }: Installation): string[] {
  const { receiver, subscriptionId } = witness;
  const stored = new Map(events.map((event) => [event.event_id, event.body]));
  const twice = [
    ...countBy(
      deliveries,
      (row) =>
        `${row.subscription_id}/${row.event_id}${row.replay_id === null ? '' : ` of ${row.replay_id}`}`,
    ),
  ].filter(([, n]) => n > 1);
  return [
    ...receiver.forged.map((reason) => `a request did not verify: ${reason}`),
    ...twice.map(([what, n]) => `${n} deliveries of ${what}`),
    ...deliveries
      .filter((row) => row.subscription_id === subscriptionId && row.status !== 'DELIVERED')
      .map((row) => `delivery ${row.delivery_id} is ${row.status}`),
    ...missing('the witness never got', stored.keys(), receiver.taken),
    ...missing('the witness got what was never published:', receiver.taken, new Set(stored.keys())),
    ...receiver.attempts
      .filter(({ id, body }) => stored.has(id) && stored.get(id) !== body)
      .map(({ id }) => `event ${id} was sent with other bytes than those stored`),
  ];
}

function summary({ orders, stock, reservations, payments, events }: Ledger): Books {
  const ended = countBy(orders, ({ status }) => status);
  return {
    orders: orders.length,
    confirmed: ended.get('CONFIRMED') ?? 0,
    fulfilled: ended.get('FULFILLED') ?? 0,
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
