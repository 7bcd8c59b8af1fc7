import type { Logger } from '@comanda/kit';
import type { QueryAnswer } from '@comanda/service-kit';
import type { Channels } from '../channels/index.js';
import type { SecretVault } from '../storage/secret-vault.js';
import { checkTarget } from './check-target.js';
import { getContactKey } from './get-contact-key.js';
import { getDelivery } from './get-delivery.js';
import { getSubscription } from './get-subscription.js';
import { listAttemptsOfOrder } from './list-attempts-of-order.js';
import { listDeliveries } from './list-deliveries.js';
import { listNotifications } from './list-notifications.js';
import { listOutdatedSecrets } from './list-outdated-secrets.js';
import { listSubscriptions } from './list-subscriptions.js';

/** The queries read committed rows; only the check of a target asks its channel. */
export const webhookQueries = (
  channels: Channels,
  vault: SecretVault,
  logger: Pick<Logger, 'warn'>,
): QueryAnswer[] => [
  checkTarget(channels, logger),
  getSubscription,
  listSubscriptions,
  listOutdatedSecrets(vault),
  getDelivery,
  listDeliveries,
  getContactKey(vault),
  listNotifications(vault),
  listAttemptsOfOrder(vault),
];
