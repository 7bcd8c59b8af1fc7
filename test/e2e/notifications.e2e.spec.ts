import { newId } from '@comanda/contracts';
import { MailServer, TwilioStub } from '@comanda/stand-ins';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { Api, orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

async function emptied(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}

const EMAIL = 'ana.gil+shop@example.com';
const PHONE = '+34600123456';
/** As Twilio knows it; the proxy in between is the test. */
const PUBLIC_URL = 'https://shop.example';
const Notifications = z.object({
  items: z.array(
    z.object({
      notificationId: z.string(),
      eventId: z.string(),
      eventType: z.string(),
      channel: z.string(),
      target: z.string().optional(),
      status: z.string(),
      reason: z.string().optional(),
      confirmedAt: z.string().optional(),
      attempts: z.array(z.object({ at: z.string(), statusCode: z.number().optional() })),
    }),
  ),
});

const Timeline = z.object({
  items: z.array(
    z.object({
      at: z.string(),
      service: z.string(),
      type: z.string(),
      messageId: z.string(),
      causationId: z.string().optional(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
  missing: z.array(z.string()).optional(),
});

describe('the customer of an order', () => {
  let mail: MailServer;
  let twilio: TwilioStub;
  const comanda = useInstallation(async () => {
    mail = await MailServer.start();
    twilio = await TwilioStub.start();
    const env = {
      ...twilio.environment,
      PUBLIC_URL,
      SMTP_URL: mail.url,
      SMTP_FROM: 'The café <orders@example.org>',
      WEBHOOK_RETRY_SECONDS: '1,1,1',
    };
    return { instances: { webhooks: 2 }, env };
  });
  afterAll(() => mail?.stop());
  afterAll(() => twilio?.stop());
  const textsAbout = (orderId: string) => twilio.texts.filter(({ body }) => body.includes(orderId.slice(-8)));
  const mailsAbout = (orderId: string) => mail.mails.filter(({ parsed }) => parsed.text?.includes(orderId));

  const order = (locale = 'en', more: object = {}) => ({
    ...orderOf(PRODUCTS.espresso),
    notify: { email: EMAIL, locale, ...more },
  });
  const notificationsOf = async (orderId: string, api: Api = comanda.customer) => {
    const { status, body } = await api.get(`/orders/${orderId}/notifications`);
    expect(status).toBe(200);
    return Notifications.parse(body).items;
  };
  const ended = async (orderId: string, count: number) => {
    await until(`${count} notifications of ${orderId} have ended`, async () => {
      const all = await notificationsOf(orderId);
      return all.length === count && all.every(({ status }) => status !== 'PENDING');
    });
    return notificationsOf(orderId);
  };
  const stranger = async (): Promise<Api> => {
    const account = { email: `${newId()}@example.org`, password: 'a password of a stranger' };
    expect((await new Api(comanda.platform.url).post('/auth/register', account)).status).toBe(201);
    return Api.logIn(comanda.platform.url, account.email, account.password);
  };

  it('is told of each event once, however often the order is placed under its key', async () => {
    const key = { 'idempotency-key': newId() };
    const orderId = await comanda.place(order('es', { phone: PHONE }), key);
    expect(await comanda.customer.place(order('es', { phone: PHONE }), key)).toBe(orderId);
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED' });
    const [email, sms, ...more] = (await ended(orderId, 2)).toSorted((one, other) =>
      one.channel.localeCompare(other.channel),
    );
    expect(more).toEqual([]);
    expect(email).toMatchObject({
      ...{ eventType: 'order.confirmed', channel: 'email', target: 'a***@example.com', status: 'DELIVERED' },
      attempts: [{ statusCode: 250 }],
    });
    expect(sms).toMatchObject({
      ...{ eventType: 'order.confirmed', channel: 'sms', target: '+34***56', status: 'DELIVERED' },
      attempts: [{ statusCode: 201 }],
    });
    const [confirmation] = mailsAbout(orderId);
    expect(confirmation?.to).toEqual([EMAIL]);
    expect(confirmation?.parsed).toMatchObject({
      subject: 'Tu pedido está confirmado',
      text: `¡Gracias! Tu pedido ${orderId} está confirmado.\n\nHas pagado 1,80 EUR.\n`,
      html: expect.stringContaining(`<strong>${orderId}</strong>`),
      from: { value: [{ name: 'The café', address: 'orders@example.org' }] },
    });
    expect((await comanda.staff.post(`/orders/${orderId}/refunds`, { reason: 'Cold' })).status).toBe(202);
    const all = await ended(orderId, 4);
    expect(all.map(({ eventType }) => eventType)).toEqual([
      ...['order.confirmed', 'order.confirmed', 'payment.refunded', 'payment.refunded'],
    ]);
    expect(mailsAbout(orderId).map(({ parsed }) => parsed.subject)).toEqual([
      ...['Tu pedido está confirmado', 'Tu dinero está en camino'],
    ]);
    const short = orderId.slice(-8);
    expect(textsAbout(orderId)).toMatchObject([
      { to: PHONE, from: twilio.from, body: `Tu pedido ${short} está confirmado. Has pagado 1,80 EUR.` },
      { to: PHONE, from: twilio.from, body: `Te hemos devuelto 1,80 EUR de tu pedido ${short}.` },
    ]);
    const seen = comanda.witness.receiver
      .about(orderId)
      .find(({ event }) => event.type === 'order.confirmed');
    expect(seen?.body).not.toMatch(/hasContact|ana\.gil/);
    const timeline = Timeline.parse((await comanda.customer.get(`/orders/${orderId}/timeline`)).body);
    const shown = timeline.items.flatMap(({ type, detail }) =>
      type === 'notification.attempt' ? [detail] : [],
    );
    expect(shown.filter(({ channel }) => channel === 'sms')).toEqual(
      ['order.confirmed', 'payment.refunded'].map((eventType) => ({
        ...{ eventType, channel: 'sms', target: '+34***56', result: 'delivered', statusCode: 201 },
      })),
    );
    await checkBooks(comanda);
  });

  it('hears by text alone, when only a number was left, of all that becomes of the order', async () => {
    const notify = { phone: PHONE, locale: 'en' };
    const orderId = await comanda.place({ ...order(), notify });
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED' });
    expect((await comanda.customer.post(`/orders/${orderId}/cancel`)).status).toBe(202);
    const all = await ended(orderId, 3);
    expect(all.map(({ channel, status }) => `${channel} ${status}`)).toEqual(Array(3).fill('sms DELIVERED'));
    const short = orderId.slice(-8);
    expect(
      textsAbout(orderId)
        .map(({ body }) => body.replace(short, '...'))
        .toSorted(),
    ).toEqual(
      [
        'Your order ... is cancelled. What you paid for it goes back to you.',
        'Your order ... is confirmed. You paid 1.80 EUR.',
        'We have refunded 1.80 EUR of your order ....',
      ].toSorted(),
    );
    for (const [text, status, code] of [
      [textsAbout(orderId)[0], 'delivered', undefined],
      [textsAbout(orderId)[1], 'undelivered', 30003],
    ] as const) {
      if (!text) throw new Error('no text');
      const { url, ...call } = twilio.callback(text, status, code);
      const there = url.replace(PUBLIC_URL, comanda.platform.url);
      for (const signed of [true, false]) {
        const headers = { ...call.headers, ...(!signed && { 'x-twilio-signature': 'AAAA' }) };
        expect((await fetch(there, { method: 'POST', ...call, headers })).status).toBe(signed ? 204 : 403);
      }
    }
    await until('the reports are in', async () =>
      (await notificationsOf(orderId)).some(({ status }) => status === 'FAILED'),
    );
    const outcomes = (await notificationsOf(orderId)).map(({ status, reason, confirmedAt }) =>
      confirmedAt ? 'confirmed' : (reason ?? status),
    );
    expect(outcomes.toSorted()).toEqual([
      ...['DELIVERED', 'confirmed', 'the carrier did not deliver it (30003)'],
    ]);
    const rejected = await comanda.place({ ...orderOf(PRODUCTS.espresso, 1, 'sim_declined'), notify });
    await ended(rejected, 1);
    expect(textsAbout(rejected).map(({ body }) => body)).toEqual([
      expect.stringMatching(/^We are sorry: your order \w{8} could not be taken\. /),
    ]);
    await checkBooks(comanda);
  });

  it('is shown their own notifications alone, and may erase where they are told', async () => {
    const orderId = await comanda.place(order());
    const other = await stranger();
    for (const [method, path] of [
      ['GET', `/orders/${orderId}/notifications`],
      ['DELETE', `/orders/${orderId}/notify`],
    ] as const)
      expect((await other.send(method, path)).status).toBe(404);
    await ended(orderId, 1);
    for (const api of [comanda.customer, comanda.staff])
      expect((await api.delete(`/orders/${orderId}/notify`)).status).toBe(204);
    const [heard] = await notificationsOf(orderId);
    expect(heard).toMatchObject({ eventType: 'order.confirmed' });
    expect(heard).not.toHaveProperty('target');
    expect((await comanda.customer.post(`/orders/${orderId}/cancel`)).status).toBe(202);
    await comanda.customer.orderThat(orderId, 'is cancelled', ({ status }) => status === 'CANCELLED');
    await checkBooks(comanda);
    expect(await notificationsOf(orderId)).toHaveLength(1);
    expect(
      comanda.rows('webhooks', 'SELECT sealed, channels FROM contacts WHERE order_id = ?', orderId),
    ).toEqual([{ sealed: null, channels: '[]' }]);
  });

  it('sees in the timeline who was told what; staff see the deliveries, too; what is missing is said', async () => {
    const orderId = await comanda.place(order());
    await comanda.customer.timelineWith(orderId, 'product.stockCommitted');
    await ended(orderId, 1);
    const { receiver } = comanda.witness;
    await receiver.until('all that was published', () => receiver.about(orderId).length >= 5);
    await checkBooks(comanda);
    const timeline = async (api: Api) => Timeline.parse((await api.get(`/orders/${orderId}/timeline`)).body);
    const [heard] = await notificationsOf(orderId);
    const customers = await timeline(comanda.customer);
    expect(customers.missing).toBeUndefined();
    expect(customers.items.filter(({ service }) => service === 'webhook-publisher')).toEqual([
      {
        ...{ at: heard?.attempts[0]?.at, service: 'webhook-publisher', type: 'notification.attempt' },
        ...{ messageId: heard?.notificationId, causationId: heard?.eventId },
        detail: {
          ...{ eventType: 'order.confirmed', channel: 'email', target: 'a***@example.com' },
          ...{ result: 'delivered', statusCode: 250 },
        },
      },
    ]);
    const types = customers.items.map(({ type }) => type);
    expect(types.indexOf('notification.attempt')).toBeGreaterThan(types.indexOf('order.confirmed'));
    const staffs = await timeline(comanda.staff);
    const deliveries = staffs.items.filter(({ type }) => type === 'delivery.attempt');
    expect(deliveries.map(({ causationId }) => causationId).toSorted()).toEqual(
      receiver
        .about(orderId)
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(staffs.items.filter(({ type }) => type !== 'delivery.attempt')).toEqual(customers.items);

    for (const instance of ['webhooks', 'webhooks#2']) await comanda.platform.stopOne(instance);
    const without = await timeline(comanda.customer);
    expect(without).toEqual({
      items: customers.items.filter(({ service }) => service !== 'webhook-publisher'),
      missing: ['webhook-publisher'],
    });
    for (const instance of ['webhooks', 'webhooks#2']) await comanda.platform.start(instance);
  });

  it('is tried again when the server says later, and given up when it says never; neither repeats the address', async () => {
    const historyOf = async (orderId: string) =>
      JSON.stringify((await comanda.staff.get(`/orders/${orderId}/notifications`)).body);
    mail.refuse({ at: 'recipient', code: 451, text: `4.7.1 <${EMAIL}>: greylisted`, times: 1 });
    const later = await comanda.place(order());
    expect(await ended(later, 1)).toMatchObject([
      { status: 'DELIVERED', attempts: [{ statusCode: 451 }, { statusCode: 250 }] },
    ]);
    mail.refuse({ at: 'recipient', code: 550, text: `5.1.1 <${EMAIL}> is unknown`, times: 1 });
    const never = await comanda.place(order());
    expect(await ended(never, 1)).toMatchObject([{ status: 'FAILED', attempts: [{ statusCode: 550 }] }]);
    expect([mailsAbout(later).length, mailsAbout(never).length]).toEqual([1, 0]);
    for (const orderId of [later, never]) {
      expect(await historyOf(orderId)).toContain('<[address]>');
      expect(await historyOf(orderId)).not.toContain(EMAIL);
    }
    await checkBooks(comanda);
  });

  it('is refused what can not be told, with the field that is wrong', async () => {
    const refused = async (notify: object) => {
      const { status, body } = await comanda.customer.post('/orders', { ...order(), notify });
      expect(status).toBe(400);
      const { errors } = z.object({ errors: z.array(z.object({ path: z.string() })) }).parse(body);
      expect(JSON.stringify(body)).not.toContain('wrong@');
      return errors.map(({ path }) => path);
    };
    expect(await refused({ locale: 'en' })).toEqual(['notify.email']);
    expect(await refused({ email: 'wrong@', locale: 'en' })).toEqual(['notify.email']);
    expect(await refused({ phone: '600123456', locale: 'en' })).toEqual(['notify.phone']);
    expect(await refused({ email: EMAIL, locale: 'fr' })).toEqual(['notify.locale']);
    expect(await refused({ email: EMAIL })).toEqual(['notify.locale']);
    expect(await refused({ email: EMAIL, locale: 'en', name: 'Ana' })).toEqual(['notify.name']);
  });

  it('is told once although the publishers are killed, Redis is emptied, and one was away when the order came', async () => {
    for (const instance of ['webhooks', 'webhooks#2']) await comanda.platform.kill(instance);
    const orderId = await comanda.place(order());
    expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED' });
    await emptied(comanda.redis.url);
    for (const instance of ['webhooks', 'webhooks#2']) await comanda.platform.start(instance);
    const [heard] = await ended(orderId, 1);
    expect(heard).toMatchObject({ eventType: 'order.confirmed', channel: 'email' });
    await checkBooks(comanda);
    expect(await notificationsOf(orderId)).toHaveLength(1);
    expect(mailsAbout(orderId)).toHaveLength(1);
  });
});
