import {
  type CatalogueEntry,
  GetSubscription,
  ListDeliveries,
  newId,
  OrderConfirmed,
  type OrderView,
} from '@comanda/contracts';
import { until } from '@comanda/kit';
import { startTelegramStub, type TelegramStub } from '@comanda/stand-ins';
import { selectList, statement, workTable } from '@comanda/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Publisher } from '../testing/publisher.js';

const ORDER: OrderView = {
  orderId: newId(),
  customerId: newId(),
  status: 'CONFIRMED',
  items: [{ productId: newId(), quantity: 2, name: 'Tea <b>', unitPrice: 625 }],
  totalAmount: 1250,
  currency: 'EUR',
  refundedAmount: 0,
  createdAt: '2026-01-01T12:00:00.000Z',
  updatedAt: '2026-01-01T12:00:01.000Z',
};
const product = (sku: string, available: number): CatalogueEntry => ({
  ...{ productId: newId(), sku, name: `The ${sku}`, price: 100, currency: 'EUR', active: true, available },
  ...{ lowStockThreshold: 3, version: 1 },
});

/** What the other services were asked. */
const asked: string[] = [];
const shop = {
  order: async (tenantId: string, orderId: string) => {
    asked.push(`${tenantId} order`);
    const steps = [{ at: ORDER.createdAt, type: 'order.created' }];
    return orderId === ORDER.orderId
      ? ({ kind: 'order', order: ORDER, steps } as const)
      : ({ kind: 'unknown' } as const);
  },
  stock: async (tenantId: string) => {
    asked.push(`${tenantId} stock`);
    return { kind: 'stock', entries: [product('tea', 9), product('cake', 2)] } as const;
  },
};

let telegram: TelegramStub;
let publisher: Publisher;
beforeAll(async () => {
  telegram = await startTelegramStub();
  publisher = await Publisher.start({
    timeoutMs: 30_000,
    retrySeconds: [0.05, 0.05, 0.05],
    endpoints: {},
    telegramApiRoot: telegram.url,
    network: undefined,
    commands: { shop, pollSeconds: 600 },
  });
});
afterAll(async () => {
  await publisher.stop();
  await telegram.stop();
});
beforeEach(() => {
  asked.length = 0;
});

const WAITING = statement(`SELECT ${selectList(workTable.columns, 'w')} FROM work w WHERE w.kind = $1`);
const waiting = (kind: string) => publisher.database.acrossTenants.read(WAITING, kind);

let chats = 100;
/** A chat that nobody has used before, so that its pace holds nothing up. */
const newChat = (): number => ++chats;
const registered = async (...more: { readonly tenantId: string; readonly locale?: 'en' | 'es' }[]) => {
  const chatId = newChat();
  await publisher.subscribe(
    more.map((one) => ({
      ...{ subscriptionId: newId(), channel: 'telegram', target: String(chatId), failingSince: null },
      ...{ eventTypes: ['order.confirmed'], ...one },
    })),
  );
  return chatId;
};
const said = (chatId: number) =>
  telegram.messages.filter((message) => message.chatId === String(chatId)).map(({ text }) => text);
/** All that the chat was told, when nothing is left to be heard or answered. */
async function answers(chatId: number, count: number): Promise<string[]> {
  await until(`${count} answers in chat ${chatId}`, () => said(chatId).length >= count, {
    timeoutMs: 60_000,
  });
  await until('no answer is left', async () => (await waiting('answer command')).length === 0);
  return said(chatId);
}

test('a registered chat is told of an order and of the stock, in its language; other words are none of our business', async () => {
  const [english, spanish] = [
    await registered({ tenantId: 'default' }),
    await registered({ tenantId: 'default', locale: 'es' }),
  ];
  telegram.write({ chatId: english, text: 'good morning' });
  telegram.write({ chatId: english, text: `/order@our_bot ${ORDER.orderId}` });
  telegram.write({ chatId: spanish, text: '/stock' });
  telegram.write({ chatId: english, text: `/order ${newId()}` });
  telegram.write({ chatId: english, text: '/stock', date: Math.floor(Date.now() / 1000) - 2 * 60 * 60 });
  expect(await answers(english, 2)).toEqual([
    `🧾 <b>Order</b>\n<code>${ORDER.orderId}</code>\nStatus: <b>confirmed</b>\n• 2 × Tea &lt;b&gt;\nTotal: 12.50 EUR\n2026-01-01 12:00 UTC <code>order.created</code>`,
    'ℹ️ <b>Order</b>\nThere is no such order.',
  ]);
  expect(await answers(spanish, 1)).toEqual([
    '📦 <b>Existencias</b>\n⚠️ <b>2</b> · The cake (<code>cake</code>)\n<b>9</b> · The tea (<code>tea</code>)',
  ]);
  expect(asked.toSorted()).toEqual(['default order', 'default order', 'default stock']);
});

test('a chat of two tenants is answered for each, by name', async () => {
  const chatId = await registered(
    { tenantId: 'tenant-a' },
    { tenantId: 'tenant-b' },
    { tenantId: 'tenant-b' },
  );
  telegram.write({ chatId, text: '/stock tea' });
  const both = await answers(chatId, 2);
  expect(both.toSorted()).toEqual(
    ['tenant-a', 'tenant-b'].map(
      (tenant) => `📦 <b>Stock · ${tenant}</b>\n<b>9</b> · The tea (<code>tea</code>)`,
    ),
  );
  expect(asked.toSorted()).toEqual(['tenant-a stock', 'tenant-b stock']);
});

test('a chat that is not registered learns its id once, and nothing else; nor does one whose subscription is disabled', async () => {
  const [stranger, former, known] = [newChat(), newChat(), await registered({ tenantId: 'default' })];
  await publisher.subscribe([
    {
      ...{ subscriptionId: newId(), channel: 'telegram', target: String(former), failingSince: null },
      ...{ eventTypes: ['*'], enabled: false },
    },
  ]);
  for (const text of [`/order ${ORDER.orderId}`, '/stock', '/stock', 'hello'])
    for (const chatId of [stranger, former]) telegram.write({ chatId, text });
  telegram.write({ chatId: known, text: '/help' });
  expect(await answers(known, 1)).toHaveLength(1);
  for (const chatId of [stranger, former])
    expect(await answers(chatId, 1)).toEqual([
      `ℹ️ <b>Comanda</b>\nThis chat is not registered. Its id is <code>${chatId}</code>.\nEste chat no está registrado. Su id es <code>${chatId}</code>.`,
    ]);
  expect(asked).toEqual([]);
});

/** Events of the chat that wait, and what its subscription says. */
const muted = async (subscriptionId: string) =>
  (await publisher.ask(GetSubscription, { subscriptionId })).mutedUntil;
const statuses = async (subscriptionId: string) =>
  (await publisher.ask(ListDeliveries, { subscriptionId, limit: 100 })).items.map(({ status }) => status);
const confirmed = async (count: number) => {
  for (let nth = 0; nth < count; nth++) await publisher.publish(OrderConfirmed, { orderId: newId() });
};
const ordersIn = (text: string): number => Number(/<b>(\d+) orders confirmed/.exec(text)?.[1] ?? 1);

test('what a muted chat wants waits, and is told in few messages when somebody ends the mute; none is lost', async () => {
  const chatId = newChat();
  const [subscriptionId, other] = [newId(), newId()];
  const row = { channel: 'telegram' as const, eventTypes: [OrderConfirmed.type], failingSince: null };
  await publisher.subscribe([
    { ...row, subscriptionId, target: String(chatId) },
    { ...row, subscriptionId: other, target: String(newChat()) },
  ]);
  const at = Math.floor(Date.now() / 1000);
  telegram.write({ chatId, text: '/mute 30', date: at });
  const until30 = new Date((at + 30 * 60) * 1000).toISOString();
  expect(await answers(chatId, 1)).toEqual([
    expect.stringContaining(`🔕 <b>Mute</b>\nUntil ${until30.slice(0, 16).replace('T', ' ')} UTC.`),
  ]);
  expect(await muted(subscriptionId)).toBe(until30);
  expect(await muted(other)).toBeUndefined();
  await confirmed(12);
  await until('they are all there', async () => (await statuses(subscriptionId)).length === 12);
  await until('the other chat was told', async () =>
    (await statuses(other)).every((status) => status === 'DELIVERED'),
  );
  // Commands are answered all the same.
  telegram.write({ chatId, text: '/mute never' });
  expect((await answers(chatId, 2))[1]).toContain('from 1 to 10080');
  expect(await statuses(subscriptionId)).toEqual(Array(12).fill('PENDING'));
  expect(await muted(subscriptionId)).toBe(until30);

  telegram.write({ chatId, text: '/unmute' });
  await until(
    'all are told',
    async () => (await statuses(subscriptionId)).every((status) => status === 'DELIVERED'),
    { timeoutMs: 60_000 },
  );
  expect(await muted(subscriptionId)).toBeUndefined();
  const news = said(chatId).filter((text) => text.startsWith('✅'));
  expect(news.reduce((sum, text) => sum + ordersIn(text), 0)).toBe(12);
  expect(news.length).toBeLessThanOrEqual(4);
});

test('a mute ends by itself', async () => {
  const chatId = newChat();
  const subscriptionId = newId();
  await publisher.subscribe([
    {
      ...{ subscriptionId, channel: 'telegram', target: String(chatId), failingSince: null },
      eventTypes: ['*'],
    },
  ]);
  telegram.write({ chatId, text: '/mute 1', date: Math.floor(Date.now() / 1000) - 50 });
  await answers(chatId, 1);
  const ends = (await muted(subscriptionId)) ?? '';
  await confirmed(1);
  await until('it is told', () => said(chatId).length === 2, { timeoutMs: 60_000 });
  expect(telegram.messages.at(-1)?.at.localeCompare(ends)).toBe(1);
});

test('of two instances one polls; when it goes, the other goes on where it was, and nothing is answered twice', async () => {
  const chatId = await registered({ tenantId: 'default' });
  const second = await publisher.another();
  const before = telegram.polls.length;
  telegram.write({ chatId, text: '/stock tea' });
  await answers(chatId, 1);
  await until('the next poll', () => telegram.polls.length > before);
  const offset = telegram.polls.at(-1);
  // At once: Telegram would hold the poll for longer than this test may take.
  await publisher.leave();
  publisher = second;
  telegram.write({ chatId, text: '/stock cake' });
  expect(await answers(chatId, 2)).toEqual([
    '📦 <b>Stock</b>\n<b>9</b> · The tea (<code>tea</code>)',
    '📦 <b>Stock</b>\n⚠️ <b>2</b> · The cake (<code>cake</code>)',
  ]);
  expect(telegram.polls.filter((one) => one < (offset ?? 0)).length).toBe(
    telegram.polls.indexOf(offset ?? 0),
  );
  expect(telegram.polls.slice(telegram.polls.indexOf(offset ?? 0)).every((one) => one >= (offset ?? 0))).toBe(
    true,
  );
});

test('when somebody else polls the bot, that is said once, and it is tried again', async () => {
  const chatId = await registered({ tenantId: 'default' });
  telegram.refusePolls({
    code: 409,
    description: "Conflict: can't use getUpdates method while webhook is active",
  });
  const from = telegram.polls.length;
  await until('two polls have failed', () => telegram.polls.length >= from + 1, { timeoutMs: 60_000 });
  telegram.refusePolls();
  telegram.write({ chatId, text: '/stock tea' });
  expect(await answers(chatId, 1)).toHaveLength(1);
  await until('it says so', () => publisher.log.said('heard again').length === 1);
  expect(publisher.log.said('polling fails')).toEqual([
    {
      level: 'warn',
      message: 'commands in Telegram are not heard at the moment: polling fails',
      fields: {
        reason: expect.stringMatching(
          /^409 Conflict: .*; another program polls this bot, or has set a webhook for it/,
        ),
      },
    },
  ]);
});
