import { Comanda } from '@comanda/client';
import { describe, expect, it } from '@jest/globals';
import { type DemoSubscription, ensureSubscriptions } from './demo-subscriptions.js';

const webhook: DemoSubscription = {
  channel: 'webhook',
  target: 'http://127.0.0.1:3010/',
  eventTypes: ['order.*'],
  description: 'logger',
};
const other: DemoSubscription = { ...webhook, target: 'http://127.0.0.1:3011/' };

/** A gateway that holds these subscriptions, and what was posted to it. */
function gatewayWith(items: object[]): { client: Comanda; posted: unknown[] } {
  const posted: unknown[] = [];
  const fetch = async (_url: unknown, { method, body }: RequestInit = {}) => {
    if (method === 'GET') return Response.json({ items, nextCursor: null });
    posted.push(JSON.parse(String(body)));
    return Response.json({ subscriptionId: 'new' }, { status: 201 });
  };
  return { client: new Comanda('http://gateway.example', { token: 'staff' }, { fetch }), posted };
}

describe('the demo subscriptions', () => {
  it('are all made on the first start', async () => {
    const { client, posted } = gatewayWith([]);
    expect(await ensureSubscriptions(client, [webhook, other])).toBe(2);
    expect(posted).toEqual([webhook, other]);
  });

  it('are not made twice', async () => {
    const { client, posted } = gatewayWith([
      { subscriptionId: '1', channel: 'webhook', target: webhook.target },
    ]);
    expect(await ensureSubscriptions(client, [webhook, other])).toBe(1);
    expect(posted).toEqual([other]);
  });
});
