import { describe, expect, it } from '@jest/globals';
import { type DemoSubscription, ensureSubscriptions } from './demo-subscriptions.js';
import type { GatewayClient } from './gateway-client.js';

const webhook: DemoSubscription = {
  channel: 'webhook',
  target: 'http://127.0.0.1:3010/',
  eventTypes: ['order.*'],
  description: 'logger',
};
const telegram: DemoSubscription = { ...webhook, channel: 'telegram', target: '1000001' };

/** A gateway that holds these subscriptions, and what was posted to it. */
function gatewayWith(items: object[]): { client: GatewayClient; posted: object[] } {
  const posted: object[] = [];
  const client: GatewayClient = {
    get: async (_path, shape) => shape.parse({ items }),
    post: async (_path, body, shape) => {
      posted.push(body);
      return shape.parse({ subscriptionId: 'new' });
    },
  };
  return { client, posted };
}

describe('the demo subscriptions', () => {
  it('are all made on the first start', async () => {
    const { client, posted } = gatewayWith([]);
    expect(await ensureSubscriptions(client, [webhook, telegram])).toBe(2);
    expect(posted).toEqual([webhook, telegram]);
  });

  it('are not made twice', async () => {
    const { client, posted } = gatewayWith([
      { subscriptionId: '1', channel: 'webhook', target: webhook.target },
    ]);
    expect(await ensureSubscriptions(client, [webhook, telegram])).toBe(1);
    expect(posted).toEqual([telegram]);
  });
});
