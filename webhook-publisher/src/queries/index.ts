import type { Logger, SigningKey } from '@comanda/kit';
import type { ListAnswer, QueryAnswer } from '@comanda/service-kit';
import type { Endpoints } from '../channels/endpoints.js';
import type { Channels } from '../channels/index.js';
import type { SecretVault } from '../storage/secret-vault.js';
import { checkTarget } from './check-target.js';
import { getContactKey } from './get-contact-key.js';
import { getDelivery } from './get-delivery.js';
import { getDeliveryProof } from './get-delivery-proof.js';
import { getReplay } from './get-replay.js';
import { getSubscription } from './get-subscription.js';
import { getSubscriptionStats } from './get-subscription-stats.js';
import { listAttemptsOfOrder } from './list-attempts-of-order.js';
import { listDeliveries } from './list-deliveries.js';
import { listNotifications } from './list-notifications.js';
import { listOutdatedDeadLetters } from './list-outdated-dead-letters.js';
import { listOutdatedSecrets } from './list-outdated-secrets.js';
import { listProofKeys } from './list-proof-keys.js';
import { listReplays } from './list-replays.js';
import { listSubscriptions } from './list-subscriptions.js';

interface QueryDependencies {
  readonly vault: SecretVault;
  /** Signs delivery proofs. */
  readonly proofKey: SigningKey;
  readonly clock: () => Date;
  readonly endpoints: Pick<Endpoints, 'circuit'>;
}

/** The queries read committed rows; only the check of a target asks its channel. */
export const webhookQueries = (
  channels: Channels,
  { vault, proofKey, clock, endpoints }: QueryDependencies,
  logger: Pick<Logger, 'warn'>,
): (QueryAnswer | ListAnswer)[] => [
  checkTarget(channels, logger),
  getSubscription(endpoints),
  listSubscriptions(endpoints),
  getSubscriptionStats,
  listOutdatedSecrets(vault),
  listOutdatedDeadLetters(vault),
  getDelivery,
  listDeliveries,
  getDeliveryProof(proofKey, clock),
  listProofKeys,
  getReplay,
  listReplays,
  getContactKey(vault),
  listNotifications(vault),
  listAttemptsOfOrder(vault),
];
