import type { Database } from '@comanda/storage';
import { selectList, statement } from '@comanda/storage';
import { type Subscription, subscriptions } from './tables.js';

const OF_CHAT = statement(`SELECT ${selectList(subscriptions.columns, 's')} FROM subscriptions s
  WHERE s.channel = 'telegram' AND lower(s.target) IN ($1, $2) AND s.enabled = 1 AND s.live_tenant_id IS NOT NULL
  ORDER BY s.tenant_id, s.created_at, s.subscription_id`);

/**
 * The enabled subscriptions that send to a chat, of all tenants: whoever reads what they send may ask about the tenant.
 *
 * @param name the `@name` of a public chat
 */
export async function subscriptionsOfChat(
  database: Pick<Database, 'acrossTenants'>,
  { chatId, name = chatId }: { readonly chatId: string; readonly name: string | undefined },
): Promise<Subscription[]> {
  return subscriptions.decodeAll(await database.acrossTenants.read(OF_CHAT, chatId, name.toLowerCase()));
}
