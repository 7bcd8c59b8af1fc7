import {
  contactOf,
  GetDelivery,
  ListAttemptsOfOrder,
  ListDeliveries,
  ListNotifications,
  newId,
  OrderConfirmed,
  OrderCreated,
  RememberContact,
  ReportedText,
  TakeTextReport,
  type TextStatus,
} from '@comanda/contracts';
import { sealFor, until } from '@comanda/kit';
import { type SentText, TwilioStub } from '@comanda/stand-ins';
import { statement } from '@comanda/storage';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { subscriptions } from '../storage/tables.js';
import { Publisher } from '../testing/publisher.js';

const PHONE = '+34600123456';
const TEXTS = statement('SELECT sid FROM sent_texts ORDER BY sid');
const HANDLED = statement('SELECT 1 FROM inbox WHERE message_id = $1');

let twilio: TwilioStub;
let publisher: Publisher;
let orderId: string;

beforeAll(async () => {
  twilio = await TwilioStub.start();
  publisher = await Publisher.start({
    timeoutMs: 10_000,
    retrySeconds: [1],
    endpoints: {},
    telegramApiRoot: 'http://127.0.0.1:1',
    network: undefined,
    twilio: { ...twilio.environment, PUBLIC_URL: 'https://shop.example' },
  });
});
afterAll(async () => {
  await publisher?.stop();
  await twilio?.stop();
});
beforeEach(() => {
  orderId = newId();
  twilio.texts.length = 0;
  twilio.beforeAnswering = async () => undefined;
});

/** A report as the gateway passes it on, once it is handled. */
async function report({ sid, statusCallback = '' }: SentText, status: TextStatus, errorCode?: number) {
  const about = ReportedText.parse(Object.fromEntries(new URL(statusCallback).searchParams));
  expect(about.tenant).toBe('default');
  const id = await publisher.send(TakeTextReport, about.delivery, {
    ...{ deliveryId: about.delivery, sid, status },
    ...(about.order !== undefined && { orderId: about.order }),
    ...(errorCode !== undefined && { errorCode }),
  });
  await until('the report is handled', async () => {
    const rows = await publisher.database.acrossTenants.read(HANDLED, id);
    return rows.length === 1;
  });
}

const texts = async () => (await publisher.database.acrossTenants.read(TEXTS)).map(({ sid }) => sid);
const steps = async () => {
  const { items } = await publisher.ask(ListAttemptsOfOrder, { orderId, withDeliveries: true });
  return items.filter(({ type }) => type.endsWith('.report'));
};
const sentText = async (): Promise<SentText> => {
  await until('a text is sent', () => twilio.texts.length > 0);
  const [text] = twilio.texts;
  if (!text) throw new Error('no text');
  return text;
};

describe('a text to the customer', () => {
  const tell = async () => {
    const randomness = Buffer.from(newId().replaceAll('-', '').repeat(2), 'hex');
    const about = contactOf('default', orderId);
    const sealedContact = sealFor(
      publisher.vault.publicKey,
      JSON.stringify({ phone: PHONE }),
      about,
      randomness,
    );
    await publisher.send(RememberContact, orderId, { orderId, sealedContact, locale: 'en' });
    await publisher.publish(OrderConfirmed, { orderId, hasContact: true });
    return sentText();
  };
  const notification = async () => {
    const viewer = { accountId: newId(), role: 'customer' } as const;
    const [one, ...more] = (await publisher.ask(ListNotifications, { orderId, viewer })).items;
    expect(more).toEqual([]);
    return one;
  };
  const ended = async () => {
    await until('the notification has ended', async () => (await notification())?.status !== 'PENDING');
    return notification();
  };

  test('is shown as confirmed once the carrier says so; what comes late, twice or out of order changes nothing', async () => {
    const text = await tell();
    expect(await ended()).toMatchObject({ status: 'DELIVERED', reports: [{ status: 'queued' }] });
    expect(await ended()).not.toHaveProperty('confirmedAt');
    expect(await steps()).toEqual([]);
    await report(text, 'delivered');
    const confirmed = await notification();
    const at = confirmed?.confirmedAt;
    expect(confirmed).toMatchObject({ status: 'DELIVERED', reports: [{ at, status: 'delivered' }] });
    for (const status of ['sent', 'queued', 'delivered', 'undelivered'] as const)
      await report(text, status, 30003);
    expect(await notification()).toEqual(confirmed);
    expect(await steps()).toEqual([
      {
        ...{ at, service: 'webhook-publisher', type: 'notification.report' },
        ...{ messageId: confirmed?.notificationId, causationId: confirmed?.eventId },
        detail: {
          ...{ eventType: 'order.confirmed', channel: 'sms', target: '+34***56' },
          result: 'delivered',
        },
      },
    ]);
    expect(twilio.texts).toHaveLength(1);
  });

  test('that did not arrive has failed, with the code, and is not sent again', async () => {
    const text = await tell();
    await ended();
    await report(text, 'sent');
    await report(text, 'undelivered', 30003);
    await report(text, 'delivered');
    expect(await notification()).toMatchObject({
      ...{ status: 'FAILED', reason: 'the carrier did not deliver it (30003)' },
      reports: [{ at: expect.any(String), status: 'undelivered', errorCode: 30003 }],
      attempts: [{ statusCode: 201 }],
    });
    expect(await notification()).not.toHaveProperty('confirmedAt');
    expect((await steps()).map(({ detail }) => detail)).toMatchObject([
      { result: 'undelivered', errorCode: 30003 },
    ]);
    expect(twilio.texts).toHaveLength(1);
  });

  test('may be reported before its answer is here: that counts all the same', async () => {
    twilio.beforeAnswering = (text) => report(text, 'failed');
    await tell();
    expect(await ended()).toMatchObject({
      ...{ status: 'FAILED', reason: 'the receiver refused it for good', reports: [{ status: 'failed' }] },
      attempts: [{ statusCode: 201 }],
    });
    expect(twilio.texts).toHaveLength(1);
  });

  test('that nobody knows is left alone', async () => {
    const before = await texts();
    for (const order of ['', `&order=${orderId}`])
      await report(
        {
          ...{ sid: `SM${'0'.repeat(32)}`, to: PHONE, from: twilio.from, body: '' },
          statusCallback: `https://shop.example/?tenant=default&delivery=${newId()}${order}`,
        },
        'failed',
      );
    expect(await texts()).toEqual(before);
  });
});

describe('a text to a subscriber', () => {
  const subscriptionId = newId();
  const onFailures = newId();
  beforeAll(() =>
    publisher.subscribe([
      {
        ...{ subscriptionId, channel: 'sms', target: PHONE, failingSince: null },
        eventTypes: ['order.created'],
      },
      {
        ...{ subscriptionId: onFailures, channel: 'sms', target: '+34600999999', failingSince: null },
        eventTypes: ['webhook.*'],
      },
    ]),
  );
  const deliver = async () => {
    await publisher.publish(OrderCreated, { orderId });
    const text = await sentText();
    const [{ deliveryId } = { deliveryId: '' }] = (
      await publisher.ask(ListDeliveries, { orderId, limit: 10 })
    ).items;
    const delivery = () => publisher.ask(GetDelivery, { deliveryId });
    await until('it has ended', async () => (await delivery()).status !== 'PENDING');
    return { text, delivery };
  };
  const subscription = () =>
    publisher.database.of('default').find(subscriptions.read('default', subscriptionId));
  /** What staff were texted about failures. */
  const heard = () => twilio.texts.filter(({ to }) => to !== PHONE).map(({ body }) => body);

  test('is shown as confirmed at its delivery and in the timeline of staff', async () => {
    const { text, delivery } = await deliver();
    await report(text, 'delivered');
    const { status, confirmedAt, reports } = await delivery();
    expect({ status, reports }).toEqual({
      status: 'DELIVERED',
      reports: [{ at: confirmedAt, status: 'delivered' }],
    });
    expect(await steps()).toMatchObject([
      {
        ...{ at: confirmedAt, type: 'delivery.report' },
        detail: { subscriptionId, channel: 'sms', target: PHONE, result: 'delivered' },
      },
    ]);
    expect(await subscription()).toMatchObject({ enabled: true, failingSince: null });
  });

  test('that did not arrive fails its delivery, and staff hear of it; a number that is none ends the subscription', async () => {
    const { text, delivery } = await deliver();
    await report(text, 'undelivered', 30003);
    expect(await delivery()).toMatchObject({ status: 'FAILED', attempts: [{ statusCode: 201 }] });
    expect(await subscription()).toMatchObject({ enabled: true, failingSince: expect.any(Number) });
    await until('staff hear of it', () => heard().length === 1);
    expect(heard()[0]).toContain('The carrier did not deliver it');
    twilio.texts.length = 0;
    orderId = newId();
    const second = await deliver();
    await report(second.text, 'failed', 30005);
    expect(await second.delivery()).toMatchObject({
      ...{ status: 'FAILED', reports: [{ status: 'failed', errorCode: 30005 }] },
    });
    expect(await subscription()).toMatchObject({ enabled: false, disabledReason: 'Twilio reported 30005' });
    await until('staff hear of both', () => heard().length === 2);
    expect(twilio.texts.filter(({ to }) => to === PHONE)).toHaveLength(1);
  });
});
