import type { Database } from '@comanda/storage';
import type { SealedRow } from './secret-vault.js';
import { type Subscription, subscriptions } from './tables.js';

/** Where subscriptions send, as committed. */
export const destinationsIn =
  (database: Pick<Database, 'of'>) =>
  ({ tenantId, subscriptionId }: SealedRow): Promise<Subscription | undefined> =>
    database.of(tenantId).find(subscriptions.read(tenantId, subscriptionId));
