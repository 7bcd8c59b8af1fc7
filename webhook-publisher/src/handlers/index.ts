import type { Handler } from '@comanda/messaging';
import type { SecretVault } from '../storage/secret-vault.js';
import { createSubscription } from './create-subscription.js';
import { deleteSubscription } from './delete-subscription.js';
import { publishEvents } from './publish-event.js';
import { retryDelivery } from './retry-delivery.js';

/** Everything that webhook-publisher reacts to; its queue is bound to exactly these. */
export const webhookHandlers = (vault: SecretVault): Handler[] => [
  ...publishEvents,
  createSubscription(vault),
  deleteSubscription,
  retryDelivery,
];
