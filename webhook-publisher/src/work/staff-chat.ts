import { DEFAULT_TENANT } from '@comanda/contracts';
import type { Context } from '@comanda/messaging';
import type { Append, Database, Put, Transaction } from '@comanda/storage';
import { putSubscription } from '../effects/put-subscription.js';
import {
  type StaffChat,
  type Subscription,
  staffChats,
  subscribingTenants,
  subscriptions,
} from '../storage/tables.js';

/** What staff want to hear of: what they sell, what they lose, and what needs their hands. */
export const STAFF_EVENTS: readonly string[] = [
  'order.confirmed',
  'order.rejected',
  'order.cancelled',
  'payment.refundFailed',
  'payment.disputed',
  'product.stockLow',
  'webhook.deliveryFailed',
  'webhook.subscriptionDisabled',
  'webhook.subscriptionMoved',
];

type Chance = Pick<Context, 'now' | 'newId'>;

/**
 * Makes the subscription of the staff's chat at the first start that names one, and moves it when another chat is named.
 * Whatever staff make of it by the API stays: it is neither made again nor changed back. Run at each start.
 *
 * @param chat `TELEGRAM_CHAT_ID`; left out: nothing happens
 */
export async function keepStaffChat(
  chat: string | undefined,
  database: Database,
  chance: Chance,
): Promise<void> {
  if (chat === undefined) return;
  await database.transaction(
    async (sql) => {
      const [said] = await sql.loadRows({ table: staffChats, keys: [[DEFAULT_TENANT]], lock: true });
      const live = await sql.loadMatching({
        table: subscriptions,
        ...{ columns: ['liveTenantId'], values: [[DEFAULT_TENANT]] },
        lock: true,
      });
      for (const effect of said ? moved(said, live, chat, chance) : made(live, chat, chance))
        await written(effect, sql);
    },
    [DEFAULT_TENANT],
  );
}

/** A chat that staff have subscribed by themselves keeps what it has. */
function made(live: readonly Subscription[], chat: string, chance: Chance): (Put | Append)[] {
  const there = live.find(({ channel, target }) => channel === 'telegram' && target === chat);
  const row = { tenantId: DEFAULT_TENANT, subscriptionId: there?.subscriptionId ?? chance.newId() };
  // First: it fails when another instance was faster, and then this transaction is run again.
  const said = staffChats.append({ ...row, chat });
  if (there) return [said];
  return [
    said,
    subscribingTenants.put({ tenantId: DEFAULT_TENANT }),
    ...putSubscription(
      undefined,
      {
        ...row,
        ...{ channel: 'telegram', target: chat, eventTypes: STAFF_EVENTS, locale: 'en' },
        ...{ description: 'Staff (TELEGRAM_CHAT_ID)', enabled: true, disabledReason: null, deleted: false },
        ...{
          secrets: null,
          rateLimitPerSecond: null,
          headerNames: null,
          mutedUntil: null,
          publicKey: null,
          failingSince: null,
          sequence: 0,
        },
        createdAt: chance.now,
        liveTenantId: DEFAULT_TENANT,
      },
      chance,
    ),
  ];
}

/** What disabled it was about the former chat; what staff disabled stays so. */
function moved(
  before: StaffChat,
  live: readonly Subscription[],
  chat: string,
  chance: Chance,
): (Put | Append)[] {
  if (before.chat === chat) return [];
  const said = staffChats.put({ ...before, chat });
  const subscription = live.find(({ subscriptionId }) => subscriptionId === before.subscriptionId);
  if (!subscription) return [said];
  const enabled = subscription.enabled || subscription.disabledReason !== null;
  const after = { ...subscription, target: chat, enabled, disabledReason: null, failingSince: null };
  return [said, ...putSubscription(subscription, after, chance)];
}

const written = ({ kind, table, row }: Put | Append, sql: Transaction): Promise<void> =>
  kind === 'append' ? sql.insertRows(table, [table.encode(row)]) : sql.saveRows(table, [table.encode(row)]);
