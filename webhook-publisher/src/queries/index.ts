import { queries } from '@comanda/service-kit';
import type { SecretVault } from '../storage/secret-vault.js';
import { CheckTargetQuery } from './check-target.js';
import { getDelivery } from './get-delivery.js';
import { getSubscription } from './get-subscription.js';
import { listDeliveries } from './list-deliveries.js';
import { listOutdatedSecrets } from './list-outdated-secrets.js';
import { listSubscriptions } from './list-subscriptions.js';

/** Nest controllers of the queries: they read committed rows; only the check of a target asks its channel. */
export const webhookQueries = (vault: SecretVault) => [
  CheckTargetQuery,
  ...queries(getSubscription, listSubscriptions, listOutdatedSecrets(vault), getDelivery, listDeliveries),
];
