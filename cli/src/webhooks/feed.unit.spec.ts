import type { Comanda } from '@comanda/client';
import type { DeliveryView } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import { DeliveryFeed } from './feed.js';

/** The list of deliveries as the API has it, the newest first, in pages of 100; it counts what it is asked. */
class Api {
  readonly deliveries: DeliveryView[] = [];
  asked: string[] = [];

  begin(count: number): void {
    for (let made = 0; made < count; made++) {
      const n = this.deliveries.length;
      this.deliveries.push({
        deliveryId: `d${n}`,
        ...{ subscriptionId: 's', eventId: 'e', eventType: 'order.created', status: 'PENDING' },
        ...{ createdAt: '2026-01-31T12:00:00.000Z', nextAttemptAt: '2026-01-31T12:00:00.000Z' },
      });
    }
  }

  end(n: number): void {
    const { nextAttemptAt: _, ...delivery } = this.deliveries[n] ?? fail();
    this.deliveries[n] = { ...delivery, status: 'DELIVERED' };
  }

  /** What the feed needs of the client. */
  get client(): Pick<Comanda, 'get'> {
    const get = async (
      path: string,
      input: { path?: { deliveryId: string }; query?: { cursor?: string } },
    ) => {
      this.asked.push(path);
      if (input.path)
        return { ...this.deliveries.find((one) => one.deliveryId === input.path?.deliveryId), attempts: [] };
      const from = Number(input.query?.cursor ?? 0);
      const items = this.deliveries.toReversed().slice(from, from + 100);
      return { items, nextCursor: from + 100 < this.deliveries.length ? String(from + 100) : null };
    };
    return { get } as unknown as Pick<Comanda, 'get'>;
  }
}
function fail(): never {
  throw new Error('there is no such delivery');
}

const ids = (deliveries: readonly DeliveryView[]) =>
  deliveries.map(({ deliveryId, status }) => `${deliveryId} ${status}`);

describe('the feed of deliveries', () => {
  test('begins with the last few, and tells then what begins and what changes, each once and in order', async () => {
    const api = new Api();
    api.begin(5);
    const feed = new DeliveryFeed(api.client, {}, 2);
    expect(ids((await feed.look()).deliveries)).toEqual(['d3 PENDING', 'd4 PENDING']);
    expect((await feed.look()).deliveries).toEqual([]);
    api.begin(2);
    api.end(0);
    expect(ids((await feed.look()).deliveries)).toEqual(['d0 DELIVERED', 'd5 PENDING', 'd6 PENDING']);
    expect((await feed.look()).deliveries).toEqual([]);
  });

  test('reads on until it meets what it knows, and says so when that is too far', async () => {
    const api = new Api();
    api.begin(1);
    const feed = new DeliveryFeed(api.client, {}, 20);
    await feed.look();
    api.begin(250);
    const many = await feed.look();
    expect([many.deliveries.length, many.missed]).toEqual([250, false]);
    api.begin(1_500);
    const flood = await feed.look();
    expect([flood.deliveries.length, flood.missed]).toEqual([1_000, true]);
  });

  test('asks for one that waits after others have pushed it off the first page', async () => {
    const api = new Api();
    api.begin(1);
    const feed = new DeliveryFeed(api.client, {}, 20);
    await feed.look();
    api.begin(100);
    await feed.look();
    for (let n = 1; n <= 100; n++) api.end(n);
    await feed.look();
    api.end(0);
    api.asked = [];
    expect(ids((await feed.look()).deliveries)).toEqual(['d0 DELIVERED']);
    expect(api.asked).toEqual(['/deliveries', '/deliveries/{deliveryId}']);
  });
});
