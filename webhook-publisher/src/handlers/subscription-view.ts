import type { Channel, DeliveryStatus, DeliveryView, SubscriptionView } from '@comanda/contracts';

export interface Subscription {
  readonly subscriptionId: string;
  readonly channel: Channel;
  readonly target: string;
  readonly eventTypes: readonly string[];
  readonly description: string | null;
  readonly enabled: boolean;
  readonly disabledReason: string | null;
  readonly createdAt: string;
}

export interface Delivery {
  readonly deliveryId: string;
  readonly subscriptionId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly orderId: string | null;
  readonly status: DeliveryStatus;
  readonly nextAttemptAt: string | null;
  readonly createdAt: string;
}

/** A subscription as staff see it: without its secrets. */
export const viewOf = (row: Subscription): SubscriptionView => ({
  subscriptionId: row.subscriptionId,
  channel: row.channel,
  target: row.target,
  eventTypes: [...row.eventTypes],
  ...(row.description !== null && { description: row.description }),
  enabled: row.enabled,
  ...(row.disabledReason !== null && { disabledReason: row.disabledReason }),
  createdAt: row.createdAt,
});

export const deliveryViewOf = (row: Delivery): DeliveryView => ({
  deliveryId: row.deliveryId,
  subscriptionId: row.subscriptionId,
  eventId: row.eventId,
  eventType: row.eventType,
  ...(row.orderId !== null && { orderId: row.orderId }),
  status: row.status,
  ...(row.nextAttemptAt !== null && { nextAttemptAt: row.nextAttemptAt }),
  createdAt: row.createdAt,
});
