import { mkdirSync, readFileSync } from 'node:fs';
import {
  newId,
  OrderConfirmed,
  OrderCreated,
  ProductUpdated,
  SubscriptionDisabled,
  SubscriptionMoved,
} from '@comanda/contracts';
import { until } from '@comanda/kit';
import { selectList, statement } from '@comanda/storage';
import { Folder } from '@comanda/test-kit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Certificates, makeCertificates } from '../../../test/support/certificates.js';
import {
  type AttemptRow,
  attempts,
  type Delivery,
  deliveries,
  events,
  type Subscription,
  subscriptions,
} from '../storage/tables.js';
import { CHATS, type ChatCase } from '../testing/chats.js';
import { Publisher } from '../testing/publisher.js';
import { RawReceiver, type Received } from '../testing/raw-receiver.js';
import { ATTEMPTS, RECEIVERS, type ReceiverCase } from '../testing/receivers.js';
import type { LookupAll } from './http/resolve-safely.js';

const TIMEOUT_MS = 2_500;
/** Since when an endpoint has failed before the first event. */
const STARTED_AT = Date.now();
const failingSince = (forMs = 3_600_000): number => STARTED_AT - forMs;
/** Where staff hear of subscriptions that moved or were disabled. */
const STAFF = { subscriptionId: newId(), channel: 'telegram' as const, target: '77' };
const Heard = z.object({
  data: z.object({ reason: z.string(), target: z.string(), previousTarget: z.string().optional() }),
});
const ALL = { first: OrderCreated, second: OrderConfirmed };

const MOVES = Object.values(CHATS).filter(({ movedTo }) => movedTo !== undefined);
const DISABLED = [...Object.values(RECEIVERS), ...Object.values(CHATS)].flatMap(
  ({ disabled }) => disabled ?? [],
);

let folder: Folder;
let publisher: Publisher;
let botApi: RawReceiver;
const receivers = new Map<string, RawReceiver>();
/** The subscription of each receiver and chat. */
const ids = new Map([...Object.keys(RECEIVERS), ...Object.keys(CHATS)].map((name) => [name, newId()]));
const idOf = (name: string): string => ids.get(name) ?? '';

/** Names that only this suite knows. */
const lookup: LookupAll = (name, _options, callback) => {
  const local = [{ address: '127.0.0.1', family: 4 }];
  const six = [{ address: '::1', family: 6 }];
  if (name === 'both.test') callback(null, [...six, ...local]);
  else if (name === 'six.test') callback(null, six);
  else callback(null, local);
};

function certificates() {
  const make = (name: string, days: number): Certificates => {
    const path = folder.file(name);
    mkdirSync(path);
    return makeCertificates(path, 'right.test', days);
  };
  const [right, expired] = [make('right', 30), make('expired', -1)];
  const read = (file: string) => readFileSync(file);
  const pair = ({ key, certificate }: Pick<Certificates, 'key' | 'certificate'>) => ({
    key: read(key),
    cert: read(certificate),
  });
  return {
    ca: [right.ca, expired.ca].map((file) => readFileSync(file, 'utf8')).join('\n'),
    right: pair(right),
    expired: pair(expired),
    'self-signed': pair({ key: right.otherCa.replace(/pem$/, 'key'), certificate: right.otherCa }),
  };
}

const historyOf = async (delivery: Delivery): Promise<AttemptRow[]> => {
  const rows = await publisher.database.of('default').read(
    statement(`SELECT ${selectList(attempts.columns, 'a')} FROM attempts a
        WHERE a.tenant_id = $1 AND a.delivery_id = $2 ORDER BY a.attempt_id`),
    'default',
    delivery.deliveryId,
  );
  return attempts.decodeAll(rows);
};
const DELIVERIES = statement(`SELECT ${selectList(deliveries.columns, 'd')} FROM deliveries d
  WHERE d.tenant_id = $1 ORDER BY d.created_at, d.delivery_id`);
const deliveriesOf = async (subscriptionId?: string): Promise<Delivery[]> =>
  deliveries
    .decodeAll(await publisher.database.of('default').read(DELIVERIES, 'default'))
    .filter((one) => subscriptionId === undefined || one.subscriptionId === subscriptionId);

/** Whether these have had so many deliveries, and all came as far as they come: to their end, or to a far-away time. */
async function settled(names: readonly string[], each: number): Promise<boolean> {
  const among = new Set(names.map(idOf));
  const all = (await deliveriesOf()).filter(({ subscriptionId }) => among.has(subscriptionId));
  const soon = new Date(Date.now() + 50_000).toISOString();
  return (
    all.length === names.length * each && all.every(({ nextAttemptAt }) => (nextAttemptAt ?? '9') > soon)
  );
}

beforeAll(async () => {
  folder = new Folder();
  const { ca, ...pairs } = certificates();
  botApi = await RawReceiver.start((socket, request) => {
    const { chat_id } = JSON.parse(request.body) as { chat_id: string };
    const chat = Object.values(CHATS).find(({ target, movedTo }) => [target, movedTo].includes(chat_id));
    if (chat_id === STAFF.target) return socket.end(CHATS.sent?.says ?? '');
    socket.end((chat_id === chat?.movedTo ? chat?.saysThere : chat?.says) ?? '');
  });
  publisher = await Publisher.start({
    timeoutMs: TIMEOUT_MS,
    retrySeconds: Array(ATTEMPTS - 1).fill(0.05),
    endpoints: { openAfterFailures: ATTEMPTS, halfOpenAfterMs: 3_600_000 },
    telegramApiRoot: `http://127.0.0.1:${botApi.port}`,
    network: { lookup, ca },
  });
  for (const [name, { says, certificate, listen }] of Object.entries(RECEIVERS)) {
    const tls = certificate && { tls: pairs[certificate] };
    receivers.set(name, await RawReceiver.start(says, { ...listen, ...tls }));
  }
  const failing = { failingSince: failingSince() };
  await publisher.subscribe([
    ...Object.entries(RECEIVERS).map(([name, { origin = 'http://127.0.0.1', twice, failingForMs }]) => ({
      failingSince: failingSince(failingForMs),
      subscriptionId: idOf(name),
      channel: 'webhook' as const,
      target: `${origin}:${receivers.get(name)?.port}/hook`,
      eventTypes: [ALL.first.type, ...(twice ? [ALL.second.type] : [])],
    })),
    ...Object.entries(CHATS).map(([name, { target }]) => ({
      ...failing,
      subscriptionId: idOf(name),
      channel: 'telegram' as const,
      target,
      eventTypes: [ALL.first.type],
    })),
    { ...failing, ...STAFF, eventTypes: [SubscriptionMoved.type, SubscriptionDisabled.type] },
  ]);
  const twice = Object.keys(RECEIVERS).filter((name) => RECEIVERS[name]?.twice);
  const once = [...ids.keys()].filter((name) => !twice.includes(name));
  await publisher.publish(ALL.first);
  await until('they have had the first event', () => settled(twice, 1));
  await publisher.publish(ALL.second);
  await until('they have had the second event', () => settled(twice, 2));
  await until('the others have had theirs', () => settled(once, 1), { timeoutMs: 50_000, everyMs: 100 });
  await until('staff have heard of each', async () => {
    const heard = await deliveriesOf(STAFF.subscriptionId);
    return (
      heard.length >= MOVES.length + DISABLED.length && heard.every(({ status }) => status === 'DELIVERED')
    );
  });
}, 90_000);

afterAll(async () => {
  for (const receiver of [...receivers.values(), botApi]) receiver.stop();
  await publisher.stop();
  folder.remove();
});

const subscriptionOf = async (name: string): Promise<Subscription> => {
  const found = await publisher.database.of('default').find(subscriptions.read('default', idOf(name)));
  if (!found) throw new Error(`there is no subscription ${name}`);
  return found;
};

/** Whether the circuit breaker of this endpoint is open. */
const isOpen = async (name: string): Promise<boolean> => {
  const closed = { kind: 'refused', status: 0, detail: 'the circuit is closed', durationMs: 0 } as const;
  const route = await subscriptionOf(name);
  return (await publisher.endpoints.run(idOf(name), async () => closed, route)).kind === 'not-attempted';
};

/** What every attempt of a delivery must say, and where the delivery and its subscription stand after it. */
async function expectOutcome(name: string, wanted: ReceiverCase | ChatCase): Promise<void> {
  const { status, code, body, note, error, waits, disabled, requests } = wanted;
  const made = await deliveriesOf(idOf(name));
  expect(made).toHaveLength('twice' in wanted ? 2 : 1);
  for (const delivery of made) {
    expect(delivery.status).toBe(status);
    const history = await historyOf(delivery);
    const whole = (text: string | RegExp | undefined) =>
      text === undefined ? null : typeof text === 'string' ? text : expect.stringMatching(text);
    expect(history).toHaveLength(wanted.attempts ?? (error === undefined ? requests : ATTEMPTS));
    const last = 'last' in wanted ? history.pop() : undefined;
    if ('last' in wanted) expect(last).toMatchObject({ statusCode: null, error: wanted.last });
    for (const attempt of 'movedTo' in wanted ? history.slice(-1) : history)
      expect(attempt).toMatchObject({
        statusCode: code ?? null,
        ...(body !== undefined && { responseBody: whole(body) }),
        note: whole(delivery === made.at(-1) ? note : undefined),
        error: whole(error),
      });
    const due = Date.parse(delivery.nextAttemptAt ?? '') - Date.parse(history.at(-1)?.at ?? '');
    if (waits === undefined) expect(delivery.nextAttemptAt).toBeNull();
    else expect(Math.trunc(due / 60_000)).toBe(waits / 60);
  }
  const subscription = await subscriptionOf(name);
  expect(subscription).toMatchObject({
    failingSince:
      status === 'DELIVERED'
        ? null
        : failingSince('failingForMs' in wanted ? wanted.failingForMs : undefined),
    enabled: disabled === undefined,
    disabledReason: disabled ?? null,
  });
}

describe('a receiver that says', () => {
  test.each(Object.entries(RECEIVERS))('%s', async (name, wanted) => {
    const requests: readonly Received[] = receivers.get(name)?.requests ?? [];
    expect(requests).toHaveLength(wanted.requests);
    const ids = new Set(requests.map(({ headers, body }) => `${headers.get('webhook-id')} ${body}`));
    expect(ids.size).toBe(wanted.requests === 0 ? 0 : wanted.twice ? 2 : 1);
    for (const { headers, path } of requests) {
      expect(path).toBe('/hook');
      expect(headers.get('accept-encoding')).toBe('identity');
    }
    await expectOutcome(name, wanted);
    expect(await isOpen(name)).toBe(wanted.unhealthy);
  });
});

describe('a Telegram chat of which the Bot API says', () => {
  test.each(Object.entries(CHATS))('%s', async (name, wanted) => {
    const to = botApi.requests.map(({ body }) => JSON.parse(body) as { chat_id: string; text: string });
    const texts = (chat: string | undefined) =>
      to.filter(({ chat_id }) => chat_id === chat).map(({ text }) => text);
    expect(texts(wanted.target)).toHaveLength(wanted.requests - (wanted.movedTo ? 1 : 0));
    expect(texts(wanted.movedTo)).toEqual(wanted.movedTo ? texts(wanted.target) : []);
    await expectOutcome(name, wanted);
    // Each event about a subscription takes a number.
    const published = [wanted.movedTo, wanted.disabled, wanted.status === 'FAILED' || undefined];
    expect(await subscriptionOf(name)).toMatchObject({
      target: wanted.movedTo ?? wanted.target,
      sequence: published.filter((one) => one !== undefined).length,
    });
  });
});

test('that a subscription moved or was disabled is told to staff, once', async () => {
  const heard = await deliveriesOf(STAFF.subscriptionId);
  const stored = await Promise.all(
    heard.map(({ eventId }) => publisher.database.of('default').find(events.read('default', eventId))),
  );
  const about = (type: string) =>
    stored.flatMap((event) => (event?.type === type ? Heard.parse(JSON.parse(event.body)).data : []));
  const moved = MOVES.map(({ target, movedTo }) => `${target} to ${movedTo}`);
  const movesHeard = about(SubscriptionMoved.type).map((one) => `${one.previousTarget} to ${one.target}`);
  expect(movesHeard.toSorted()).toEqual(moved.toSorted());
  const endsHeard = about(SubscriptionDisabled.type).map(({ reason }) => reason);
  expect(endsHeard.toSorted()).toEqual(DISABLED.toSorted());
  expect(heard).toHaveLength(moved.length + DISABLED.length);
  // One or several in a message.
  const texts = botApi.requests
    .map(({ body }) => JSON.parse(body) as { chat_id: string; text: string })
    .filter(({ chat_id }) => chat_id === STAFF.target)
    .flatMap(({ text }) => text.split('\n'));
  const counted = (one: string, many: string) =>
    texts.reduce((sum, line) => {
      const several = new RegExp(`<b>(\\d+) ${many}</b>$`).exec(line)?.[1];
      return sum + (several === undefined ? Number(line.endsWith(`<b>${one}</b>`)) : Number(several));
    }, 0);
  expect(counted('Subscription moved', 'subscriptions moved')).toBe(moved.length);
  expect(counted('Subscription disabled', 'subscriptions disabled')).toBe(DISABLED.length);
});

test('a subscription with a rate limit gets no more in a second, and makes no other wait', async () => {
  const each = 4;
  const [limited, free] = await Promise.all([
    RawReceiver.start(RECEIVERS['a whole answer']?.says ?? ''),
    RawReceiver.start(RECEIVERS['a whole answer']?.says ?? ''),
  ]);
  try {
    const to = (receiver: RawReceiver, rateLimitPerSecond: number | null) => ({
      ...{ subscriptionId: newId(), channel: 'webhook' as const, failingSince: null, rateLimitPerSecond },
      ...{ target: `http://127.0.0.1:${receiver.port}/hook`, eventTypes: [ProductUpdated.type] },
    });
    const slow = to(limited, 1);
    await publisher.subscribe([slow, to(free, null)]);
    const begun = Date.now();
    for (let nth = 0; nth < each; nth++) await publisher.publish(ProductUpdated);
    await until('the other one has all', () => free.requests.length === each);
    const early = limited.requests.length;
    await until(
      'it has all',
      async () =>
        (await deliveriesOf(slow.subscriptionId)).filter(({ status }) => status === 'DELIVERED').length ===
        each,
    );
    // Each of them begins a second after the one before, so the last one can't have come any earlier.
    expect(Date.now() - begun).toBeGreaterThanOrEqual((each - 1) * 1_000);
    expect([early < each, limited.requests.length, free.requests.length]).toEqual([true, each, each]);
    for (const delivery of await deliveriesOf(slow.subscriptionId))
      expect((await historyOf(delivery)).map(({ statusCode }) => statusCode)).toEqual([200]);
  } finally {
    for (const receiver of [limited, free]) receiver.stop();
  }
});
