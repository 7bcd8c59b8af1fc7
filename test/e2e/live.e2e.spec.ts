import { until } from '@comanda/kit';
import { EventReader } from '@comanda/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { orderOf, PRODUCTS, STEPS_UNTIL_SOLD } from '../support/api.js';
import { useInstallation } from '../support/use-installation.js';

describe('streams of two gateways', () => {
  const comanda = useInstallation({ instances: { gateway: 2 } });
  const readers: EventReader[] = [];
  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.close();
  });

  async function open(
    gateway: string,
    path: string,
    { token }: { readonly token?: string | undefined },
    headers: Record<string, string> = {},
  ) {
    const url = `${comanda.platform.urls.get(gateway)}/api/v1${path}`;
    const reader = await EventReader.open(url, { authorization: `Bearer ${token}`, ...headers });
    readers.push(reader);
    return reader;
  }
  const steps = (reader: EventReader) => reader.of('step');
  const timelineOf = async (orderId: string) => {
    const { body } = await comanda.customer.get(`/orders/${orderId}/timeline`);
    return (body as { items: unknown[] }).items;
  };

  it('tell an order’s steps as its timeline has them, at either one, and end when it has ended', async () => {
    const orderId = await comanda.place(orderOf(PRODUCTS.espresso));
    const path = `/orders/${orderId}/stream`;
    const [first, staff] = [
      await open('gateway', path, comanda.customer),
      await open('gateway', path, comanda.staff),
    ];
    const sold = STEPS_UNTIL_SOLD.length;
    await until('it is sold', () => steps(first).length === sold && steps(staff).length === sold);
    await staff.close();
    const { status } = await comanda.customer.post(`/orders/${orderId}/cancel`, {
      reason: 'changed my mind',
    });
    expect(status).toBe(202);
    await first.ended;
    const timeline = await timelineOf(orderId);
    expect(timeline.slice(0, steps(first).length)).toEqual(steps(first));
    expect(steps(first).at(-1)).toMatchObject({ type: 'order.cancelled' });
    expect(first.events.at(-1)).toMatchObject({ event: 'end', data: { status: 'CANCELLED' } });
    const again = await open('gateway#2', path, comanda.staff, { 'last-event-id': staff.lastId ?? '' });
    await again.ended;
    const all = [...steps(staff), ...steps(again)];
    // More may have been written down since: what a cancelled order held is released and refunded.
    expect((await timelineOf(orderId)).slice(0, all.length)).toEqual(all);
    expect(all.length).toBeGreaterThanOrEqual(steps(first).length);
  });

  it('tell what changes; after one is killed and has come back, nothing is missed without a word', async () => {
    const path = '/live?topics=orders';
    const live = await open('gateway#2', path, comanda.staff);
    const other = await open('gateway', path, comanda.staff);
    const changesOf = (reader: EventReader, orderId: string) =>
      reader.of('ORDER_UPDATED').filter((one) => one.orderId === orderId);
    const before = await comanda.placed(orderOf(PRODUCTS.espresso));
    await until('both tell it', () =>
      [live, other].every((one) => changesOf(one, before.orderId).at(-1)?.status === 'CONFIRMED'),
    );
    expect(changesOf(live, before.orderId).at(-1)).toMatchObject({ totalAmount: 180, currency: 'EUR' });
    await comanda.platform.kill('gateway#2');
    await live.ended;
    const missed = await comanda.placed(orderOf(PRODUCTS.espresso));
    await until(
      'the other one tells it',
      () => changesOf(other, missed.orderId).at(-1)?.status === 'CONFIRMED',
    );

    // At the other one it follows, and nothing else does.
    const id = live.lastId ?? '';
    const moved = await open('gateway', path, comanda.staff, { 'last-event-id': id });
    await until('it follows', () => changesOf(moved, missed.orderId).at(-1)?.status === 'CONFIRMED');
    expect(moved.of('REFETCH')).toEqual([]);
    expect(changesOf(moved, before.orderId).filter(({ status }) => status !== 'CONFIRMED')).toEqual([]);

    await comanda.platform.start('gateway#2');
    const back = await open('gateway#2', path, comanda.staff, { 'last-event-id': id });
    await until('it is told to fetch anew', () => back.of('REFETCH').length > 0);
    const after = await comanda.placed(orderOf(PRODUCTS.espresso));
    await until('it hears again', () => changesOf(back, after.orderId).at(-1)?.status === 'CONFIRMED');
  });

  it('are ended in order when a gateway stops', async () => {
    const live = await open('gateway#2', '/live?topics=products', comanda.staff);
    expect(live.status).toBe(200);
    expect(await comanda.platform.stopOne('gateway#2')).toMatchObject({ code: 0 });
    expect(live.over).toBe(true);
    await comanda.platform.start('gateway#2');
  });
});
