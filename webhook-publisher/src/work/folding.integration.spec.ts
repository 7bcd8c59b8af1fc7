import { newId, OrderConfirmed } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { selectList, statement } from '@comanda/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { attempts, deliveries, subscriptions } from '../storage/tables.js';
import { Publisher } from '../testing/publisher.js';
import { RawReceiver } from '../testing/raw-receiver.js';

const BURST = 30;

const answer = (status: number, body: object): string => {
  const text = JSON.stringify(body);
  return `HTTP/1.1 ${status} Said\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
};
const SENT = answer(200, { ok: true, result: { message_id: 7 } });
const refusal = (error_code: number, description: string, parameters = {}) =>
  answer(error_code, { ok: false, error_code, description, parameters });

interface Sent {
  readonly chat: string;
  readonly text: string;
  readonly answered: string;
}

let publisher: Publisher;
let botApi: RawReceiver;
let sent: Sent[] = [];
/** What the Bot API says to the message with this number, from 0. */
let says: (nth: number) => string = () => SENT;

beforeAll(async () => {
  botApi = await RawReceiver.start((socket, request) => {
    const { chat_id: chat, text } = JSON.parse(request.body) as { chat_id: string; text: string };
    const answered = says(sent.length);
    sent.push({ chat, text, answered });
    socket.end(answered);
  });
  publisher = await Publisher.start({
    timeoutMs: 30_000,
    retrySeconds: [0.05, 0.05, 0.05],
    endpoints: {},
    telegramApiRoot: `http://127.0.0.1:${botApi.port}`,
    network: undefined,
  });
});
afterAll(async () => {
  botApi.stop();
  await publisher.stop();
});
beforeEach(() => {
  sent = [];
  says = () => SENT;
});

const DELIVERIES = statement(`SELECT ${selectList(deliveries.columns, 'd')} FROM deliveries d
  WHERE d.tenant_id = $1 AND d.subscription_id = $2 ORDER BY d.delivery_id`);
const ATTEMPTS = statement(`SELECT ${selectList(attempts.columns, 'a')} FROM attempts a
  JOIN deliveries d ON d.tenant_id = a.tenant_id AND d.delivery_id = a.delivery_id
  WHERE d.tenant_id = $1 AND d.subscription_id = $2 ORDER BY a.attempt_id`);

/** A chat that gets a burst of confirmed orders, and what became of each delivery when all have ended. */
async function burst(target: string) {
  const row = { subscriptionId: newId(), channel: 'telegram' as const, target };
  await publisher.subscribe([{ ...row, eventTypes: [OrderConfirmed.type], failingSince: null }]);
  await Promise.all(
    Array.from({ length: BURST }, () => publisher.publish(OrderConfirmed, { orderId: newId() })),
  );
  const reader = publisher.database.of('default');
  const all = async () => deliveries.decodeAll(await reader.read(DELIVERIES, 'default', row.subscriptionId));
  await until(
    'each delivery has ended',
    async () => {
      const made = await all();
      return made.length === BURST && made.every(({ status }) => status !== 'PENDING');
    },
    { timeoutMs: 60_000 },
  );
  const made = attempts.decodeAll(await reader.read(ATTEMPTS, 'default', row.subscriptionId));
  const codes = Map.groupBy(made, ({ deliveryId }) => deliveryId);
  const subscription = await reader.find(subscriptions.read('default', row.subscriptionId));
  await publisher.database.transaction(
    async (sql) => {
      if (subscription)
        await sql.saveRows(subscriptions, [
          subscriptions.encode({ ...subscription, deleted: true, liveTenantId: null }),
        ]);
    },
    ['default'],
  );
  return {
    statuses: (await all()).map(({ status }) => status),
    /** The status codes of each delivery's attempts. */
    codes: [...codes.values()].map((history) => history.map(({ statusCode }) => statusCode)),
    subscription,
  };
}

/** Of how many orders a message tells. */
const ordersIn = ({ text }: Sent): number => Number(/<b>(\d+) orders confirmed/.exec(text)?.[1] ?? 1);
const sum = (messages: readonly Sent[]): number => messages.reduce((all, one) => all + ordersIn(one), 0);

test('a burst for one chat is folded: every order is told once, and each delivery has its own attempt', async () => {
  const { statuses, codes } = await burst('101');
  expect(statuses).toEqual(Array(BURST).fill('DELIVERED'));
  expect(codes).toEqual(Array(BURST).fill([200]));
  expect(sum(sent)).toBe(BURST);
  expect(sent.length).toBeLessThan(BURST / 2);
  expect(sent.every(({ chat }) => chat === '101')).toBe(true);
});

test('a folded message that the chat does not take is tried again, whole: nothing is lost or told twice', async () => {
  says = (nth) => (nth === 1 ? refusal(429, 'Too Many Requests', { retry_after: 1 }) : SENT);
  const { statuses, codes } = await burst('102');
  const refused = ordersIn(sent[1] ?? { chat: '', text: '', answered: '' });
  expect(refused).toBeGreaterThan(1);
  expect(statuses).toEqual(Array(BURST).fill('DELIVERED'));
  expect(codes.filter((history) => history.length === 2)).toEqual(Array(refused).fill([429, 200]));
  expect(codes.filter((history) => history.length === 1)).toEqual(Array(BURST - refused).fill([200]));
  expect(sum(sent.filter(({ answered }) => answered === SENT))).toBe(BURST);
});

test('a chat that is gone fails all that were in the message, and disables the subscription once', async () => {
  says = (nth) => (nth === 0 ? SENT : refusal(403, 'Forbidden: bot was blocked by the user'));
  const { statuses, codes, subscription } = await burst('103');
  const inMessage = ordersIn(sent[1] ?? { chat: '', text: '', answered: '' });
  expect(inMessage).toBeGreaterThan(1);
  expect(sent).toHaveLength(2);
  expect(statuses.filter((status) => status === 'FAILED')).toHaveLength(inMessage);
  expect(codes.filter(([code]) => code === 403)).toHaveLength(inMessage);
  // What came later was not sent, and says so.
  expect(statuses.filter((status) => status === 'DROPPED')).toHaveLength(BURST - 1 - inMessage);
  expect(subscription).toMatchObject({
    enabled: false,
    disabledReason: 'Telegram answered 403 Forbidden: bot was blocked by the user',
    // Each delivery that failed is told, and that it was disabled.
    sequence: inMessage + 1,
  });
});
