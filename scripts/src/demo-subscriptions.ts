import type { Comanda } from '@comanda/client';

export interface DemoSubscription {
  readonly channel: 'webhook';
  readonly target: string;
  readonly eventTypes: string[];
  readonly description: string;
  readonly secret?: string;
}

/**
 * Makes the subscriptions that are not there yet from a former start.
 *
 * @returns how many had to be made
 */
export async function ensureSubscriptions(
  staff: Comanda,
  wanted: readonly DemoSubscription[],
): Promise<number> {
  const { items } = await staff.get('/subscriptions', { query: { limit: 100 } });
  const missing = wanted.filter(
    ({ channel, target }) => !items.some((item) => item.channel === channel && item.target === target),
  );
  await Promise.all(missing.map((subscription) => staff.post('/subscriptions', { body: subscription })));
  return missing.length;
}
