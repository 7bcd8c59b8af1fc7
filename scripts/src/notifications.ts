import type { Comanda, components } from '@comanda/client';
import { until } from '@comanda/kit';
import type { TelegramMessage } from '@comanda/stand-ins';

type Delivery = components['schemas']['Delivery'];

export interface Notifications {
  readonly deliveries: readonly Delivery[];
  readonly telegram: readonly TelegramMessage[];
}

const TIMEOUT_MS = 5_000;

/**
 * Waits until everything about an order has been delivered, and tells what that was. What is not delivered in time
 * is given back as it stands: a demo does not fail for a late notification.
 *
 * @param telegram the messages that the local Telegram has got, when there is one
 */
export async function awaitNotifications(
  staff: Comanda,
  orderId: string,
  telegram: readonly TelegramMessage[] | undefined,
): Promise<Notifications> {
  let deliveries: Delivery[] = [];
  const about = (): TelegramMessage[] => [...(telegram ?? [])];
  const allDelivered = async (): Promise<boolean> => {
    deliveries = (await staff.get('/deliveries', { query: { orderId, limit: 100 } })).items;
    const telegramDone = telegram === undefined || about().length > 0;
    return telegramDone && deliveries.length > 0 && deliveries.every(({ status }) => status === 'DELIVERED');
  };
  await until('all notifications delivered', allDelivered, { timeoutMs: TIMEOUT_MS, everyMs: 50 }).catch(
    (error: unknown) => {
      if (deliveries.length === 0) throw error;
    },
  );
  return { deliveries, telegram: about() };
}
