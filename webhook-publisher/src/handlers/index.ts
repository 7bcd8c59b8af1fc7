import type { Handler } from '@comanda/messaging';
import type { Channels } from '../channels/index.js';
import { createSubscription } from './create-subscription.js';
import { deleteSubscription } from './delete-subscription.js';
import { publishEvents } from './publish-event.js';
import { retryDelivery } from './retry-delivery.js';

/** The handlers of webhook-publisher; its queue is bound to exactly their messages. */
export const webhookHandlers = (channels: Channels): Handler[] => [
  ...publishEvents,
  createSubscription(channels),
  deleteSubscription,
  retryDelivery,
];
