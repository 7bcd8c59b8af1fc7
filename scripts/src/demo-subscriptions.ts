import { z } from 'zod';
import type { GatewayClient } from './gateway-client.js';

export interface DemoSubscription {
  readonly channel: 'webhook' | 'telegram';
  readonly target: string;
  readonly eventTypes: readonly string[];
  readonly description: string;
  readonly secret?: string;
}

const page = z.object({
  items: z.array(z.object({ subscriptionId: z.string(), channel: z.string(), target: z.string() })),
});
const created = z.object({ subscriptionId: z.string() });

/**
 * Makes the subscriptions that are not there yet from a former start.
 *
 * @returns how many had to be made
 */
export async function ensureSubscriptions(
  staff: GatewayClient,
  wanted: readonly DemoSubscription[],
): Promise<number> {
  const { items } = await staff.get('/subscriptions?limit=100', page);
  const missing = wanted.filter(
    ({ channel, target }) => !items.some((item) => item.channel === channel && item.target === target),
  );
  await Promise.all(missing.map((subscription) => staff.post('/subscriptions', subscription, created)));
  return missing.length;
}
