import {
  contactOf,
  EraseContact,
  ListNotifications,
  type NotificationView,
  newId,
  OrderCancelled,
  OrderConfirmed,
  OrderCreated,
  PaymentRefunded,
  RememberContact,
} from '@comanda/contracts';
import { sealFor, until } from '@comanda/kit';
import { statement } from '@comanda/storage';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Couriers } from '../channels/courier.js';
import type { AttemptResult } from '../domain/attempt-result.js';
import { SealedAtRest } from '../storage/secret-vault.js';
import { contacts } from '../storage/tables.js';
import { anAnswer } from '../testing/an-answer.js';
import { Publisher } from '../testing/publisher.js';

const CONTACT = { email: 'ana.gil@example.com', phone: '+34600123456' };
const HANDLED = statement('SELECT 1 FROM inbox WHERE message_id = $1');

interface SentMessage {
  readonly channel: string;
  readonly to: string;
  readonly id: string;
  readonly words: string;
}

let publisher: Publisher;
let sent: SentMessage[];
/** What the servers of the channels answer, one attempt after another; then they take all. */
let answers: (AttemptResult | Promise<AttemptResult>)[];
let orderId: string;

const answer = (message: SentMessage): Promise<AttemptResult> => {
  sent.push(message);
  return Promise.resolve(answers.shift() ?? anAnswer(250));
};

const email: Couriers['email'] = {
  send: ({ to, id, content }) => answer({ channel: 'email', to, id, words: content.subject }),
};
const sms: Couriers['sms'] = {
  send: ({ to, id, content }) => answer({ channel: 'sms', to, id, words: content }),
};
const couriers: { -readonly [Channel in keyof Couriers]: Couriers[Channel] } = {};

beforeAll(async () => {
  publisher = await Publisher.start({
    timeoutMs: 1_000,
    retrySeconds: [1, 1],
    endpoints: {},
    telegramApiRoot: 'http://127.0.0.1:1',
    network: undefined,
    couriers,
  });
});
afterAll(() => publisher?.stop());
beforeEach(() => {
  orderId = newId();
  sent = [];
  answers = [];
  Object.assign(couriers, { email, sms });
});

const remember = (contact: object = CONTACT) => {
  const about = contactOf('default', orderId);
  const randomness = Buffer.from(newId().replaceAll('-', '').repeat(2), 'hex');
  const sealedContact = sealFor(publisher.vault.publicKey, JSON.stringify(contact), about, randomness);
  return publisher.send(RememberContact, orderId, { orderId, sealedContact, locale: 'es' });
};
const confirmed = () => publisher.publish(OrderConfirmed, { orderId, hasContact: true });
const notifications = async (role: 'customer' | 'staff' = 'staff'): Promise<NotificationView[]> =>
  (await publisher.ask(ListNotifications, { orderId, viewer: { accountId: newId(), role } })).items;
const ended = (count: number) =>
  until(`${count} notifications have ended`, async () => {
    const all = await notifications();
    return all.length === count && all.every(({ status }) => status !== 'PENDING');
  });
const contact = () => publisher.database.of('default').find(contacts.read('default', orderId));
const handled = (messageId: string) =>
  until(`${messageId} is handled`, async () => {
    const rows = await publisher.database.acrossTenants.read(HANDLED, messageId);
    return rows.length === 1;
  });

const ONCE_EACH = [
  { channel: 'email', to: CONTACT.email, words: 'Tu pedido está confirmado' },
  { channel: 'sms', to: CONTACT.phone, words: expect.stringMatching(/^Tu pedido \w{8} está confirmado\. /) },
].map((one) => ({ ...one, id: expect.any(String) }));
const byChannel = () => sent.toSorted((one, other) => one.channel.localeCompare(other.channel));

describe('the customer of an order', () => {
  test('is told of its confirmation once on each channel, in their language, whatever comes twice', async () => {
    await remember();
    await remember({ email: 'somebody.else@example.com' });
    await publisher.publish(OrderCreated, { orderId });
    const eventId = await confirmed();
    await publisher.publish(OrderConfirmed, { orderId, hasContact: true }, eventId);
    await ended(2);
    expect(byChannel()).toEqual(ONCE_EACH);
    expect(await notifications('customer')).toEqual(
      [
        ['email', 'a***@example.com'],
        ['sms', '+34***56'],
      ].map(([channel, target]) => ({
        ...{ channel, target, eventId, eventType: 'order.confirmed', status: 'DELIVERED' },
        notificationId: sent.find((one) => one.channel === channel)?.id,
        at: expect.any(String),
        attempts: [{ at: expect.any(String), statusCode: 250 }],
      })),
    );
  });

  test('is told all the same when events overtake the contact, and of each refund', async () => {
    const refunded = await publisher.publish(PaymentRefunded, { orderId });
    await handled(refunded);
    const eventId = await confirmed();
    await handled(eventId);
    expect(await notifications()).toEqual([]);
    expect(await contact()).toMatchObject({ sealed: null, waiting: [refunded, eventId] });
    await remember({ email: CONTACT.email });
    await ended(2);
    expect(sent.map(({ words }) => words).toSorted()).toEqual([
      'Tu dinero está en camino',
      'Tu pedido está confirmado',
    ]);
    expect(await contact()).toMatchObject({ sealed: expect.any(String), waiting: [] });
    await publisher.publish(PaymentRefunded, { orderId });
    await ended(3);
    expect(sent).toHaveLength(3);
  });

  test('is not told on a channel that is not set up, which is shown, and is told on the other', async () => {
    delete couriers.sms;
    await remember();
    await confirmed();
    await ended(2);
    expect(await notifications()).toMatchObject([
      { channel: 'email', status: 'DELIVERED', attempts: [{ statusCode: 250 }] },
      {
        ...{ channel: 'sms', status: 'DROPPED', reason: 'sms is not set up (TWILIO_ACCOUNT_SID)' },
        attempts: [{ detail: 'not sent: sms is not set up (TWILIO_ACCOUNT_SID)' }],
      },
    ]);
    expect(sent.map(({ channel }) => channel)).toEqual(['email']);
  });

  test('who left no contact is told nothing, and nothing is kept', async () => {
    await publisher.publish(OrderConfirmed, { orderId });
    // One that leaves a trace, behind it in the same queue.
    const marker = await publisher.publish(PaymentRefunded, { orderId: newId() });
    await handled(marker);
    expect(await contact()).toBeUndefined();
    expect(await notifications()).toEqual([]);
  });

  test('is tried again by the schedule; what servers repeat of the address is withheld', async () => {
    answers = [
      { kind: 'response', status: 451, body: `4.7.1 <${CONTACT.email}>: greylisted`, durationMs: 1 },
      { kind: 'refused', status: 550, detail: `5.1.1 <${CONTACT.email}> is unknown`, durationMs: 1 },
    ];
    await remember({ email: CONTACT.email });
    await confirmed();
    await ended(1);
    expect(await notifications()).toMatchObject([
      {
        status: 'FAILED',
        reason: 'the receiver refused it for good',
        attempts: [
          { statusCode: 451, detail: '4.7.1 <[address]>: greylisted' },
          { statusCode: 550, detail: '5.1.1 <[address]> is unknown' },
        ],
      },
    ]);
    expect((await notifications('customer'))[0]?.attempts.map(({ detail }) => detail)).toEqual([
      undefined,
      undefined,
    ]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
    expect(sent).toHaveLength(2);
  });

  test('has the contact erased: what waits is dropped, what is under way ends nowhere, none comes back', async () => {
    let release: (result: AttemptResult) => void = () => undefined;
    answers = [
      new Promise((resolve) => {
        release = resolve;
      }),
    ];
    await remember({ email: CONTACT.email });
    await confirmed();
    await until('it is under way', () => sent.length === 1);
    await publisher.send(EraseContact, orderId, { orderId });
    await ended(1);
    release(anAnswer(250));
    await remember();
    const late = await publisher.publish(OrderCancelled, { orderId, hasContact: true });
    const marker = await publisher.publish(PaymentRefunded, { orderId: newId() });
    await handled(marker);
    expect(await notifications()).toEqual([
      expect.objectContaining({ status: 'DROPPED', reason: 'the contact was erased' }),
    ]);
    expect((await notifications())[0]).not.toHaveProperty('target');
    expect(late).not.toBe(marker);
    expect(await contact()).toMatchObject({ sealed: null, channels: [], erasedAt: expect.any(String) });
    expect(sent).toHaveLength(1);
  });

  test('may have it erased before it came: it is never remembered', async () => {
    await publisher.send(EraseContact, orderId, { orderId });
    await until('it is erased', async () => (await contact())?.erasedAt !== undefined);
    await remember();
    await confirmed();
    const marker = await publisher.publish(PaymentRefunded, { orderId: newId() });
    await handled(marker);
    expect(await contact()).toMatchObject({ sealed: null });
    expect(await notifications()).toEqual([]);
    expect(sent).toEqual([]);
  });

  test('keeps the contact sealed in the database, for its order alone', async () => {
    await remember();
    await until('it is there', async () => (await contact()) !== undefined);
    const sealed = SealedAtRest.parse((await contact())?.sealed);
    expect(JSON.stringify(await contact())).not.toMatch(/ana|600123456/);
    const opened = publisher.vault.open(sealed, { tenantId: 'default', contactOf: orderId });
    expect(JSON.parse(opened)).toEqual(CONTACT);
    expect(() => publisher.vault.open(sealed, { tenantId: 'default', contactOf: newId() })).toThrow();
    expect(() => publisher.vault.open(sealed, { tenantId: 'default', subscriptionId: orderId })).toThrow();
  });
});
