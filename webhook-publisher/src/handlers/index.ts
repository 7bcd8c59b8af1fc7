import type { Handler } from '@comanda/messaging';
import type { Channels } from '../channels/index.js';
import type { SecretVault } from '../storage/secret-vault.js';
import { cancelReplay } from './cancel-replay.js';
import { createSubscription } from './create-subscription.js';
import { deleteSubscription } from './delete-subscription.js';
import { eraseContact } from './erase-contact.js';
import { publishEvents } from './publish-event.js';
import { rememberContact } from './remember-contact.js';
import { resealSecrets } from './reseal-secrets.js';
import { retryDelivery } from './retry-delivery.js';
import { rotateSecret } from './rotate-secret.js';
import { startReplay } from './start-replay.js';
import { takeTextReport } from './take-text-report.js';
import { testSubscription } from './test-subscription.js';
import { updateSubscription } from './update-subscription.js';

/** The handlers of webhook-publisher; its queue is bound to exactly their messages. */
export const webhookHandlers = (
  channels: Channels,
  vault: SecretVault,
  limits: { readonly maxSubscriptions: number },
): Handler[] => [
  ...publishEvents,
  createSubscription(channels, limits.maxSubscriptions),
  updateSubscription(channels),
  rotateSecret(channels),
  deleteSubscription,
  resealSecrets(vault),
  retryDelivery,
  testSubscription,
  startReplay,
  cancelReplay,
  rememberContact(vault),
  eraseContact,
  takeTextReport,
];
