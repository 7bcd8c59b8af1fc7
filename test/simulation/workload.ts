import {
  AdjustStock,
  CancelOrder,
  CancelReplay,
  type CommandType,
  CreateOrder,
  CreateProduct,
  CreateSubscription,
  contactOf,
  DeleteSubscription,
  type Envelope,
  EraseContact,
  FulfilOrder,
  ImportProducts,
  RefundOrder,
  RememberContact,
  RetryDelivery,
  RotateSecret,
  StartReplay,
  UpdateProduct,
  UpdateSubscription,
} from '@comanda/contracts';
import { OpeningKey, sealFor } from '@comanda/kit';
import { VAULT } from './vault.js';
import { Chance } from './world/chance.js';

export interface Product {
  readonly tenantId: string;
  readonly productId: string;
}

export interface PlacedOrder {
  readonly tenantId: string;
  readonly orderId: string;
  readonly customerId: string;
}

export interface Subscription {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly eventTypes: readonly string[];
  /** The command that creates it. */
  readonly envelope: Envelope;
}

/** A command and when it is sent, in milliseconds from the opening. */
export interface Sent {
  readonly at: number;
  readonly envelope: Envelope;
}

/** A delivery is asked for again: which one is only known then. */
export interface Retry {
  readonly at: number;
  readonly tenantId: string;
  /** The command for one of these deliveries. */
  command(deliveryIds: readonly string[]): Envelope;
}

/** What one actor does: an order and what becomes of it, or a change of the catalogue by staff. */
export interface Errand {
  readonly order?: PlacedOrder;
  readonly sent: readonly Sent[];
  readonly retry?: Retry;
}

/** Everything that the outside asks of one history. */
export interface Workload {
  readonly ttlSeconds: number;
  readonly products: readonly Product[];
  /** Created before anything else. */
  readonly subscriptions: readonly Subscription[];
  /** Sent before the errands. */
  readonly opening: readonly Sent[];
  readonly errands: readonly Errand[];
}

const TENANTS = ['anna', 'bruno', 'carla'] as const;
const METHODS = [
  ...['sim_approved', 'sim_approved', 'sim_approved', 'sim_random', 'sim_random'],
  ...['sim_flaky', 'sim_declined', 'sim_fraud', undefined],
];
const TTL_SECONDS = [3, 10, 30, 900] as const;
const PATTERNS = [
  ['order.*'],
  ['*'],
  ['order.confirmed', 'payment.refunded'],
  ['product.stockChanged', 'product.stockLow'],
] as const;

interface Stage {
  readonly seed: number;
  readonly start: number;
}

/** Draws commands with ids of their own, so that each errand is the same whichever others there are. */
class Clerk {
  readonly chance: Chance;
  #count = 0;

  constructor(
    { seed, start }: Stage,
    number: number,
    private readonly at: number = start,
  ) {
    this.chance = new Chance(seed, 0xe44a, number);
  }

  id(): string {
    return this.chance.id(this.at, this.#count++);
  }

  /** So many milliseconds after the opening. */
  time(after: number): string {
    return new Date(this.at + after).toISOString();
  }

  command(type: CommandType, tenantId: string, subject: string, data: unknown): Envelope {
    const id = this.id();
    return {
      specversion: '1.0',
      id,
      type: type.type,
      source: 'api-gateway',
      time: new Date(this.at).toISOString(),
      subject,
      datacontenttype: 'application/json',
      dataschema: type.dataschema,
      tenantid: tenantId,
      correlationid: id,
      data,
    };
  }
}

/**
 * A shop for several tenants with little stock, and what is wanted of it: orders that race for the last unit, are
 * sent twice, called off at any time, fulfilled and refunded, and prices and stock that change in between.
 */
export function workloadOf(stage: Stage, orders: number): Workload {
  const shop = new Clerk(stage, -1);
  const { chance } = shop;
  const { chance: thresholds } = new Clerk(stage, -2);
  const tenants = TENANTS.slice(0, chance.between(1, 3));
  // The same ids in every tenant: only the tenant distinguishes them.
  const productIds = Array.from({ length: chance.between(1, 4) }, () => shop.id());
  const products = tenants.flatMap((tenantId) => productIds.map((productId) => ({ tenantId, productId })));
  const opening = products.map(({ tenantId, productId }) => ({
    at: 0,
    envelope: shop.command(CreateProduct, tenantId, productId, {
      productId,
      sku: skuOf(productId),
      name: 'Espresso',
      price: chance.likely(0.05) ? 0 : chance.likely(0.05) ? 600_000 : chance.between(50, 2_000),
      currency: 'EUR',
      stock: chance.between(0, 2 + Math.ceil((orders * 5) / products.length)),
      active: true,
      ...(thresholds.likely(0.6) && { lowStockThreshold: thresholds.between(0, 5) }),
      actor: 'staff',
    }),
  }));
  const subscriptions = tenants.flatMap((tenantId) =>
    PATTERNS.filter(() => chance.likely(0.2)).map((eventTypes) => subscription(shop, tenantId, eventTypes)),
  );
  const rush = chance.pick([50, 500, 5_000, 30_000]);
  const ttlSeconds = chance.pick(TTL_SECONDS);
  const errandOf = (number: number): Errand => {
    const leaving = leavingSubscriber(new Clerk(stage, -3 - number), subscriptions, rush);
    if (leaving) return leaving;
    const retry = retryByHand(new Clerk(stage, -1_000_003 - number), tenants, rush);
    if (retry) return { sent: [], retry };
    const again = replayOfEvents(new Clerk(stage, -2_000_003 - number), subscriptions, rush);
    if (again) return again;
    const clerk = new Clerk(stage, number);
    const where = { products, at: clerk.chance.below(rush), ttlMs: ttlSeconds * 1_000 };
    return clerk.chance.likely(0.15)
      ? staffErrand(clerk, where)
      : withContact(new Clerk(stage, -2_000_003 - number), orderErrand(clerk, where));
  };
  const errands = Array.from({ length: orders }, (_, number) => {
    const errand = errandOf(number);
    const changes = changesOfSubscription(new Clerk(stage, -3_000_003 - number), subscriptions, rush);
    return changes.length === 0 ? errand : { ...errand, sent: [...errand.sent, ...changes] };
  });
  return { ttlSeconds, products, subscriptions, opening, errands };
}

const skuOf = (productId: string): string => `SKU-${productId.slice(-6)}`;

/** Nobody opens the answers. */
const ANSWER_KEY = new OpeningKey(Buffer.alloc(32, 1)).publicKey;

function subscription(shop: Clerk, tenantId: string, eventTypes: readonly string[]): Subscription {
  const subscriptionId = shop.id();
  const data = {
    subscriptionId,
    channel: 'webhook',
    target: 'https://example.org/hooks',
    eventTypes,
    answerKey: ANSWER_KEY,
  };
  const envelope = shop.command(CreateSubscription, tenantId, subscriptionId, data);
  return { tenantId, subscriptionId, eventTypes, envelope };
}

/** Now and then staff delete a subscription, once or twice. */
function leavingSubscriber(
  clerk: Clerk,
  subscriptions: readonly Subscription[],
  rush: number,
): Errand | undefined {
  const { chance } = clerk;
  if (subscriptions.length === 0 || !chance.likely(0.03)) return undefined;
  const { tenantId, subscriptionId } = chance.pick(subscriptions);
  const leaving = {
    at: chance.below(rush + 20_000),
    envelope: clerk.command(DeleteSubscription, tenantId, subscriptionId, { subscriptionId }),
  };
  return { sent: chance.likely(0.3) ? [leaving, leaving] : [leaving] };
}

/**
 * Beside whatever else happens, staff now and then change what a subscription wants or where it goes, turn it off and mostly
 * on again, or give it a new secret; some ask twice.
 */
function changesOfSubscription(clerk: Clerk, subscriptions: readonly Subscription[], rush: number): Sent[] {
  const { chance } = clerk;
  if (subscriptions.length === 0 || !chance.likely(0.12)) return [];
  const { tenantId, subscriptionId } = chance.pick(subscriptions);
  const from = chance.below(rush + 20_000);
  const wish = (after: number, type: CommandType, data: object): Sent => ({
    at: from + after,
    envelope: clerk.command(type, tenantId, subscriptionId, { subscriptionId, ...data }),
  });
  const twice = (sent: Sent): Sent[] => (chance.likely(0.2) ? [sent, sent] : [sent]);
  if (chance.likely(0.25)) {
    const rotation = { rotationId: clerk.id(), answerKey: ANSWER_KEY };
    const again = chance.likely(0.4) ? [wish(chance.below(5_000), RotateSecret, rotation)] : [];
    return [...twice(wish(0, RotateSecret, rotation)), ...again];
  }
  if (chance.likely(0.4)) {
    const off = wish(0, UpdateSubscription, { enabled: false });
    const on = wish(chance.below(15_000), UpdateSubscription, { enabled: true });
    return [...twice(off), ...(chance.likely(0.8) ? [on] : [])];
  }
  return twice(
    wish(0, UpdateSubscription, {
      eventTypes: chance.pick(PATTERNS),
      ...(chance.likely(0.2) && { target: 'https://example.org/moved' }),
    }),
  );
}

/** Now and then staff retry a delivery, whether it arrived or not. */
function retryByHand(clerk: Clerk, tenants: readonly string[], rush: number): Retry | undefined {
  const { chance } = clerk;
  if (!chance.likely(0.05)) return undefined;
  const tenantId = chance.pick(tenants);
  const command = (deliveryIds: readonly string[]) => {
    const deliveryId = chance.pick(deliveryIds);
    return clerk.command(RetryDelivery, tenantId, deliveryId, { deliveryId });
  };
  return { at: chance.below(rush + 60_000), tenantId, command };
}

/** Now and then staff have what happened so far sent again, some of it, or what has failed; some call it off. */
function replayOfEvents(
  clerk: Clerk,
  subscriptions: readonly Subscription[],
  rush: number,
): Errand | undefined {
  const { chance } = clerk;
  if (subscriptions.length === 0 || !chance.likely(0.08)) return undefined;
  const { tenantId, subscriptionId } = chance.pick(subscriptions);
  const replayId = clerk.id();
  const begin = chance.likely(0.7) ? 0 : chance.below(rush);
  const end = chance.likely(0.7) ? undefined : begin + 1 + chance.below(rush);
  const started = {
    at: chance.below(rush + 40_000),
    envelope: clerk.command(StartReplay, tenantId, subscriptionId, {
      replayId,
      subscriptionId,
      since: clerk.time(begin),
      ...(end !== undefined && { until: clerk.time(end) }),
      ...(chance.likely(0.3) && { eventTypes: ['order.*'] }),
      onlyFailed: chance.likely(0.3),
    }),
  };
  const cancelled = {
    at: started.at + chance.below(8_000),
    envelope: clerk.command(CancelReplay, tenantId, subscriptionId, { subscriptionId, replayId }),
  };
  return { sent: chance.likely(0.25) ? [started, cancelled] : [started] };
}

interface Where {
  readonly products: readonly Product[];
  readonly at: number;
  readonly ttlMs: number;
}

function orderErrand(clerk: Clerk, { products, at, ttlMs }: Where): Errand {
  const { chance } = clerk;
  const { tenantId } = chance.pick(products);
  const shelf = products.filter((product) => product.tenantId === tenantId);
  const order = { tenantId, orderId: clerk.id(), customerId: clerk.id() };
  const { orderId, customerId } = order;
  const paymentMethod = chance.pick([...METHODS.map((method) => ({ method }))]).method;
  // The same product may stand on the list twice.
  const items = Array.from({ length: chance.between(1, 3) }, () => ({
    productId: chance.pick(shelf).productId,
    quantity: chance.between(1, 3),
  }));
  const place = () =>
    clerk.command(CreateOrder, tenantId, orderId, {
      orderId,
      customerId,
      items,
      ...(paymentMethod !== undefined && { paymentMethod }),
    });
  const placed = { at, envelope: place() };
  const sent: Sent[] = [placed];
  // The gateway sent it twice; the client asked twice with the same Idempotency-Key.
  if (chance.likely(0.1)) sent.push({ ...placed, at: at + chance.below(5_000) });
  if (chance.likely(0.1)) sent.push({ at: at + chance.below(5_000), envelope: place() });
  if (chance.likely(0.35)) {
    const after = chance.below(chance.pick([50, 2_000, 15_000, ttlMs]));
    const stranger = chance.likely(0.05);
    const staff = chance.likely(0.3);
    sent.push({
      at: at + after,
      envelope: clerk.command(CancelOrder, tenantId, orderId, {
        orderId,
        reason: 'Changed my mind',
        viewer: { accountId: stranger ? clerk.id() : customerId, role: staff ? 'staff' : 'customer' },
      }),
    });
  }
  if (chance.likely(0.25)) sent.push(...afterSale(clerk, order, at));
  return { order, sent };
}

/** Some customers leave a contact, which is sent before the order, and again with it; some have it erased. */
function withContact(clerk: Clerk, errand: Errand): Errand {
  const { chance } = clerk;
  const { order } = errand;
  if (!order || !chance.likely(0.4)) return errand;
  const { tenantId, orderId } = order;
  const remember = (): Envelope =>
    clerk.command(RememberContact, tenantId, orderId, {
      orderId,
      sealedContact: sealFor(
        VAULT.publicKey,
        JSON.stringify({ email: 'ana@example.com', ...(chance.likely(0.3) && { phone: '+34600000000' }) }),
        contactOf(tenantId, orderId),
        chance.bytes(32),
      ),
      locale: 'es',
    });
  const sent = errand.sent.flatMap(({ at, envelope }): Sent[] =>
    envelope.type === CreateOrder.type
      ? [
          { at, envelope: remember() },
          { at, envelope: { ...envelope, data: { ...Object(envelope.data), hasContact: true } } },
        ]
      : [{ at, envelope }],
  );
  const [first] = sent;
  if (!first || !chance.likely(0.1)) return { ...errand, sent };
  const erase = clerk.command(EraseContact, tenantId, orderId, { orderId });
  return { ...errand, sent: [...sent, { at: first.at + chance.below(10_000), envelope: erase }] };
}

/**
 * What staff do with an order, whether it is paid already or not: refunds in parts and of all that is left, of more
 * than there is, some twice under one id; and now and then they mark it as fulfilled or call it off in between.
 */
function afterSale(clerk: Clerk, { tenantId, orderId, customerId }: PlacedOrder, at: number): Sent[] {
  const { chance } = clerk;
  const within = chance.pick([500, 5_000, 30_000]);
  const from = at + chance.pick([0, 5_000, 20_000]);
  const wish = (type: CommandType, data: object): Sent => ({
    at: from + chance.below(within),
    envelope: clerk.command(type, tenantId, orderId, {
      orderId,
      viewer: { accountId: customerId, role: chance.likely(0.03) ? 'customer' : 'staff' },
      ...data,
    }),
  });
  const soon = (type: CommandType, nth: number): Sent => ({
    ...wish(type, {}),
    at: at + chance.below(500 * 2 ** nth),
  });
  const refunds = Array.from({ length: chance.between(1, 3) }, () => {
    const { amount } = chance.pick([
      { amount: undefined },
      { amount: chance.between(1, 40) },
      { amount: chance.between(1, 4_000) },
      { amount: 100_000_000 },
    ]);
    const data = { requestId: clerk.id(), reason: 'Cold', ...(amount !== undefined && { amount }) };
    return chance.likely(0.3)
      ? [wish(RefundOrder, data), wish(RefundOrder, data)]
      : [wish(RefundOrder, data)];
  });
  return [
    ...refunds.flat(),
    // Some can't wait, and ask again and again from the beginning.
    ...(chance.likely(0.2) ? Array.from({ length: 16 }, (_, nth) => soon(FulfilOrder, nth / 2)) : []),
    ...(chance.likely(0.4) ? [wish(FulfilOrder, {})] : []),
    ...(chance.likely(0.3) ? [wish(CancelOrder, { reason: 'Oven broken' })] : []),
  ];
}

function staffErrand(clerk: Clerk, { products, at }: Where): Errand {
  const { chance } = clerk;
  const { tenantId, productId } = chance.pick(products);
  const change = (type: CommandType, data: object) =>
    clerk.command(type, tenantId, productId, { productId, actor: 'staff', ...data });
  const changing = (): Envelope => {
    if (chance.likely(0.5))
      return change(AdjustStock, {
        adjustmentId: clerk.id(),
        delta: chance.between(-3, 6) || 1,
        reason: 'Delivery',
      });
    if (chance.likely(0.2)) return imported(clerk, tenantId, [productId, chance.pick(products).productId]);
    if (chance.likely(0.2))
      return change(UpdateProduct, { lowStockThreshold: chance.likely(0.2) ? null : chance.between(0, 8) });
    return change(
      UpdateProduct,
      chance.likely(0.8) ? repriced(chance.between(50, 2_000)) : { active: chance.likely(0.7) },
    );
  };
  // In quick succession, so that one may overtake the other.
  const changes = Array.from({ length: chance.between(1, 3) }, changing);
  const sent = changes.map((envelope) => ({ at: at + chance.below(200), envelope }));
  return { sent: chance.likely(0.2) ? [...sent, ...sent.slice(0, 1)] : sent };
}

const repriced = (price: number) => ({ price, name: `Espresso for ${price}` });

/** A file that names some products of the catalogue, and sometimes one that is not there yet. */
function imported(clerk: Clerk, tenantId: string, productIds: readonly string[]): Envelope {
  const { chance } = clerk;
  const skus = new Set([...productIds.map(skuOf), ...(chance.likely(0.3) ? ['SKU-IMPORTED'] : [])]);
  const lines = [...skus].map((sku) => ({
    sku,
    name: 'Espresso',
    price: chance.between(50, 2_000),
    currency: 'EUR',
    ...(chance.likely(0.5) && { stock: chance.between(0, 12) }),
    ...(chance.likely(0.3) && { lowStockThreshold: chance.between(0, 8) }),
  }));
  return clerk.command(ImportProducts, tenantId, tenantId, { lines, actor: 'staff' });
}
