import type { SubscriptionView } from '@comanda/contracts';
import type { Subscription } from '../storage/tables.js';

/** A subscription as staff see it: without its secrets. */
export const subscriptionView = (row: Subscription): SubscriptionView => ({
  subscriptionId: row.subscriptionId,
  channel: row.channel,
  target: row.target,
  eventTypes: [...row.eventTypes],
  ...(row.description !== null && { description: row.description }),
  enabled: row.enabled,
  ...(row.disabledReason !== null && { disabledReason: row.disabledReason }),
  createdAt: row.createdAt,
});
