import {
  type DataOf,
  DeliveryFailed,
  type EventType,
  type LIVE_EVENTS,
  type LiveEventName,
  type Message,
  OrderConfirmed,
  OrderCreated,
  type OrderStatus,
  ProductCreated,
  ProductUpdated,
  StockChanged,
  StockCommitted,
  StockReleased,
  StockReserved,
  SubscriptionDisabled,
  SubscriptionMoved,
} from '@comanda/contracts';
import { z } from 'zod';

/** What a live stream is to be told. */
export type Change = {
  [Name in LiveEventName]: {
    readonly name: Name;
    /** What has changed: of changes with the same key the newest one counts. */
    readonly key: string;
    readonly data: DataOf<(typeof LIVE_EVENTS)[Name]>;
  };
}[LiveEventName];

/** Which order an event is about. */
const OfOrder = z.object({ orderId: z.string() });
export const orderIdOf = ({ data }: { readonly data?: unknown }): string | undefined =>
  OfOrder.safeParse(data).data?.orderId;

export const orderUpdated = (data: DataOf<(typeof LIVE_EVENTS)['ORDER_UPDATED']>): Change => ({
  name: 'ORDER_UPDATED',
  key: data.orderId,
  data,
});

const order = (
  status: OrderStatus,
  { time }: Message<unknown>,
  of: { orderId: string; currency: string; totalAmount: number },
): Change => {
  const { orderId, totalAmount, currency } = of;
  return orderUpdated({ orderId, status, totalAmount, currency, updatedAt: time });
};

/** All of them have one key: they are told together. */
const products = (productIds: readonly string[]): Change => ({
  name: 'STOCK_CHANGED',
  key: 'products',
  data: { productIds: [...new Set(productIds)] },
});
const lines = ({ items }: { items: readonly { productId: string }[] }): Change =>
  products(items.map(({ productId }) => productId));

const subscription = ({ subscriptionId }: { subscriptionId: string }): Change => ({
  name: 'SUBSCRIPTION_UPDATED',
  key: subscriptionId,
  data: { subscriptionId },
});

type Tells = (event: Message<unknown>) => readonly Change[];

const tells = <Event extends EventType>(
  { type }: Event,
  changes: (data: DataOf<Event>, event: Message<unknown>) => readonly Change[],
): [string, Tells] => [type, (event) => changes(event.data as DataOf<Event>, event)];

const TELLS: ReadonlyMap<string, Tells> = new Map([
  tells(OrderCreated, (data, event) => [order('PENDING', event, data)]),
  tells(StockReserved, (data, event) => [
    order('AWAITING_PAYMENT', event, { ...data, totalAmount: data.amount }),
    lines(data),
  ]),
  tells(OrderConfirmed, (data, event) => [order('CONFIRMED', event, data)]),
  tells(StockCommitted, (data) => [lines(data)]),
  tells(StockReleased, (data) => [lines(data)]),
  tells(ProductCreated, ({ productId }) => [products([productId])]),
  tells(ProductUpdated, ({ productId }) => [products([productId])]),
  tells(StockChanged, ({ productId }) => [products([productId])]),
  tells(SubscriptionDisabled, (data) => [subscription(data)]),
  tells(SubscriptionMoved, (data) => [subscription(data)]),
  tells(DeliveryFailed, ({ subscriptionId, deliveryId }) => [
    { name: 'DELIVERY_FAILED', key: deliveryId, data: { subscriptionId, deliveryId } },
  ]),
]);

/** What an event says by itself to those who listen. */
export const changesOf = (event: Message<unknown>): readonly Change[] => TELLS.get(event.type)?.(event) ?? [];

/** The events after which orders-service sees an order as these changes say, or need not be asked how it sees it. */
const SAYS_ALL: ReadonlySet<string> = new Set(
  [OrderCreated, StockReserved, OrderConfirmed, StockCommitted, StockReleased].map(({ type }) => type),
);

/** The order that has changed by this event, which does not say all about it. */
export const orderToAskFor = (event: Message<unknown>): string | undefined =>
  SAYS_ALL.has(event.type) ? undefined : orderIdOf(event);
