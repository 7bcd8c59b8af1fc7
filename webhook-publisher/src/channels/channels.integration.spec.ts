import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { ChannelName, type Signature, secretOf } from '@comanda/contracts';
import { OpeningKey, sealFor } from '@comanda/kit';
import { HttpServer } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { verifyAsync } from '@noble/ed25519';
import { type NextStep, nextStep } from '../domain/delivery-outcome.js';
import { SecretVault } from '../storage/secret-vault.js';
import type { Attempt, Channel } from './channel.js';
import { LOOPBACK } from './http/address-rules.js';
import { openChannels } from './index.js';

/** What this suite must know about a channel: how its receiver answers, and which targets are right. */
interface ChannelUnderTest {
  /** The target that reaches a receiver at this URL. */
  target(receiver: string): string;
  readonly goodTargets: readonly string[];
  readonly badTargets: readonly string[];
  readonly takes: RequestListener;
  readonly fails: RequestListener;
  /** Asks to wait for 35 seconds. */
  readonly throttles: RequestListener;
  /** Will never take the message, however often we try. */
  readonly refusesForGood: RequestListener;
}

const TOKEN = '123:secret-of-the-bot';
const bot =
  (ok: boolean, error_code: number, rest: object = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(error_code, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok, error_code, description: 'said the Bot API', ...rest }));
  };
const endpoint =
  (status: number, headers = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end('said the endpoint');

/** This file does not compile until a new channel has its entry here. */
const CHANNELS: Readonly<Record<ChannelName, ChannelUnderTest>> = {
  webhook: {
    target: (receiver) => `${receiver}/hook`,
    goodTargets: ['https://8.8.8.8/hook', 'http://127.0.0.1:3010/'],
    badTargets: [
      '',
      'no URL',
      'ftp://8.8.8.8/',
      'https://user:password@8.8.8.8/',
      'http://8.8.8.8/',
      'https://10.0.0.1/',
    ],
    takes: endpoint(204),
    fails: endpoint(500),
    throttles: endpoint(429, { 'retry-after': '35' }),
    refusesForGood: endpoint(410),
  },
  telegram: {
    target: () => '42',
    goodTargets: ['42', '-1001234567890', '@comanda_orders'],
    badTargets: ['', 'https://8.8.8.8/', '@a', '4 2', '42; DROP TABLE'],
    takes: bot(true, 200, { result: { message_id: 7 } }),
    fails: bot(false, 500),
    throttles: bot(false, 429, { parameters: { retry_after: 35 } }),
    refusesForGood: bot(false, 403),
  },
};

const NOW = Date.parse('2027-02-02T00:00:00.000Z');
const vault = new SecretVault({ id: 'one', key: 'a key of the vault in these tests' });
const row = { tenantId: 'default', subscriptionId: 's-1' };
const about = secretOf(row.tenantId, row.subscriptionId);
/** Who subscribes. */
const client = new OpeningKey(Buffer.alloc(32, 9));
const wanted = (secret?: string, signature: Signature = 'v1') => ({
  row,
  signature,
  brought: secret === undefined ? undefined : sealFor(vault.publicKey, secret, about, Buffer.alloc(32, 5)),
  answerKey: client.publicKey,
});
const randomness = (seed: number) => ({ newSecret: () => Buffer.alloc(32, seed++) });

let server: HttpServer;
let receiver: string;
let answer: RequestListener;
let requests: { request: IncomingMessage; body: string }[];
let now: number;
beforeEach(async () => {
  requests = [];
  now = NOW;
  server = await HttpServer.start(async (request, response) => {
    requests.push({ request, body: await text(request) });
    answer(request, response);
  });
  receiver = server.url;
});
afterEach(() => server.stop());

const open = (name: ChannelName, timeoutMs = 5_000): Channel =>
  openChannels(
    {
      COMANDA_DEMO: false,
      WEBHOOK_TIMEOUT_MS: timeoutMs,
      WEBHOOK_ALLOWED_CIDRS: LOOPBACK,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_API_ROOT: receiver,
    },
    { vault, clock: () => new Date(now) },
  )[name];

/** A delivery as the worker makes it, to a subscription as it was created. */
function attemptOn(name: ChannelName, channel: Channel): { attempt: Attempt; secret: string } {
  const made = channel.newSecrets?.(wanted(), randomness(1));
  if (made?.kind === 'refused') throw new Error(made.reason);
  const data = { orderId: 'o-1', totalAmount: 1250, currency: 'EUR' };
  return {
    attempt: {
      row,
      target: CHANNELS[name].target(receiver),
      secrets: made?.stored ?? null,
      eventId: 'evt-1',
      type: 'order.confirmed',
      correlationId: 'a request of ours',
      body: JSON.stringify({ id: 'evt-1', type: 'order.confirmed', data }),
    },
    secret: made?.answer === undefined ? TOKEN : client.open(made.answer, about),
  };
}

describe.each(ChannelName.options)('the channel %s', (name) => {
  const under = CHANNELS[name];
  /** What follows from one attempt when the receiver answers like this. */
  const follows = async (listener: RequestListener, timeoutMs?: number): Promise<NextStep> => {
    answer = listener;
    const channel = open(name, timeoutMs);
    const result = await channel.send(attemptOn(name, channel).attempt);
    return nextStep(result, {
      failures: 0,
      skipped: 0,
      moved: false,
      scheduleSeconds: [1],
      now,
      random: () => 0.5,
    });
  };
  const retriedIn = (ms: number) => ({ kind: 'retry', dueAt: NOW + ms });

  test('takes a receiver that accepts for delivered, after one request', async () => {
    expect(await follows(under.takes)).toEqual({ kind: 'delivered' });
    expect(requests).toHaveLength(1);
  });

  test('tries a receiver that fails again', async () => {
    expect(await follows(under.fails)).toEqual(retriedIn(1_000));
    expect(requests).toHaveLength(1);
  });

  test('waits for as long as a receiver that throttles asks', async () => {
    expect(await follows(under.throttles)).toEqual(retriedIn(35_000));
    expect(requests).toHaveLength(1);
  });

  test('sends nothing more after a refusal for good', async () => {
    expect(['failed', 'disable']).toContain((await follows(under.refusesForGood)).kind);
    expect(requests).toHaveLength(1);
  });

  test('gives up a receiver that hangs, and tries it again', async () => {
    expect(await follows(() => {}, 200)).toEqual(retriedIn(1_000));
  });

  const accepts = 'HTTP/1.1 200 OK\r\n';
  test.each([
    ['is cut off', `${accepts}Content-Length: 500\r\n\r\n{"ok":true,"resu`, true],
    ['never ends', `${accepts}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`, false],
    ['is no HTTP after its first line', `${accepts}what is this\r\n\r\n`, true],
    [
      'came after interim ones',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${accepts}\r\n`,
      true,
    ],
  ])('takes a success whose answer %s for a success, after one request', async (_what, bytes, hangsUp) => {
    const says: RequestListener = ({ socket }) => void (hangsUp ? socket.end(bytes) : socket.write(bytes));
    expect(await follows(says, 300)).toEqual({ kind: 'delivered' });
    expect(requests).toHaveLength(1);
  });

  test('gives up a receiver whose status drips, and tries it again', async () => {
    const drips: RequestListener = ({ socket }) => {
      const bytes = [...accepts.repeat(20)];
      const drip = setInterval(() => socket.write(bytes.shift() ?? ' '), 30);
      socket.on('close', () => clearInterval(drip));
    };
    expect(await follows(drips, 200)).toEqual(retriedIn(1_000));
  });

  test('tries a receiver that hangs up again', async () => {
    expect(await follows((request) => void request.socket.destroy())).toEqual(retriedIn(1_000));
  });

  test('sends the same bytes at every attempt', async () => {
    answer = under.fails;
    const channel = open(name);
    const { attempt } = attemptOn(name, channel);
    await channel.send(attempt);
    now += 60_000;
    await channel.send(attempt);
    expect(requests).toHaveLength(2);
    expect(requests[1]?.body).toBe(requests[0]?.body);
    const correlationIds = requests.map(({ request }) => request.headers['x-correlation-id']);
    // A chat has no headers.
    expect(correlationIds).toEqual(Array(2).fill(name === 'webhook' ? attempt.correlationId : undefined));
  });

  const nosy: readonly (readonly [string, RequestListener])[] = [
    ['accepts', under.takes],
    ['fails', under.fails],
    ['refuses for good', under.refusesForGood],
    ['hangs', () => {}],
    ['hangs up', (request) => void request.socket.destroy()],
    ['answers what is no HTTP', (request) => void request.socket.end('SSH-2.0-OpenSSH\r\n\r\n')],
    ['sends back all that it got', (request, response) => void response.end(JSON.stringify(request.headers))],
  ];
  test.each(nosy)('shows no secret in the result of a receiver that %s', async (_what, listener) => {
    answer = listener;
    const channel = open(name, 300);
    const { attempt, secret } = attemptOn(name, channel);
    const result = JSON.stringify(await channel.send(attempt));
    expect(requests).toHaveLength(1);
    expect(result).not.toContain(secret);
    expect(result).not.toContain(secret.slice(secret.indexOf('_') + 1, -2));
  });

  test.each(under.goodTargets)('allows the target %j', async (target) => {
    expect(await open(name).checkTarget(target)).toEqual({ kind: 'allowed' });
  });

  test.each(under.badTargets)('refuses the target %j, and sends nothing to check it', async (target) => {
    expect(await open(name).checkTarget(target)).toMatchObject({
      kind: 'refused',
      code: expect.stringMatching(/^(BAD|UNSAFE)_TARGET$/),
      reason: expect.stringMatching(/^must |^is not allowed$/),
    });
    expect(requests).toEqual([]);
  });

  test('draws its secrets, if it signs, from the randomness that it is given and from nothing else', () => {
    const make = (seed: number) => open(name).newSecrets?.(wanted(), randomness(seed));
    expect(make(1)).toEqual(make(1));
    if (make(1)) expect(make(1)).not.toEqual(make(2));
  });

  test('keeps a secret, if it signs, encrypted, and shows it to the one who asked alone', () => {
    const made = open(name).newSecrets?.(wanted(), randomness(1));
    if (made === undefined) return;
    if (made.kind === 'refused' || made.answer === undefined) throw new Error('it shows none');
    const { answer } = made;
    const secret = client.open(answer, about);
    for (const text of [made.stored, answer]) {
      expect(text).not.toContain(secret);
      expect(Buffer.from(text, 'base64').toString('latin1')).not.toContain(secret);
    }
    expect(() => new OpeningKey(Buffer.alloc(32, 1)).open(answer, about)).toThrow();
  });

  test('takes a secret, if it signs, that a client brought sealed for it', () => {
    const channel = open(name);
    expect(channel.sealFor).toBe(channel.newSecrets && vault.publicKey);
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    const made = channel.newSecrets?.(wanted(secret), randomness(1));
    if (made === undefined) return;
    if (made.kind === 'refused' || made.answer === undefined) throw new Error('it was not taken');
    expect(client.open(made.answer, about)).toBe(secret);
  });

  test('refuses a secret that a client made up badly, sealed otherwise, or wants for nobody', () => {
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    const stranger = new OpeningKey(Buffer.alloc(32, 2)).publicKey;
    const sealed = (recipient: string, of: string) => sealFor(recipient, secret, of, Buffer.alloc(32, 6));
    for (const bad of [
      wanted('too short'),
      { ...wanted(), brought: secret },
      { ...wanted(), brought: sealed(stranger, about) },
      { ...wanted(), brought: sealed(vault.publicKey, secretOf('default', 'another')) },
      { ...wanted(), answerKey: 'A'.repeat(43) },
    ]) {
      const made = open(name).newSecrets?.(bad, randomness(1));
      if (made === undefined) continue;
      expect(made).toMatchObject({ kind: 'refused' });
      expect(JSON.stringify(made)).not.toContain(secret);
    }
  });

  test('sends nothing, if it signs, with the secret of another subscription', async () => {
    const channel = open(name);
    if (!channel.newSecrets) return;
    const { attempt } = attemptOn(name, channel);
    answer = under.takes;
    await channel.send(attempt);
    const copied = { ...attempt, row: { ...row, subscriptionId: 's-2' } };
    await expect(channel.send(copied)).rejects.toThrow('belongs to another subscription');
    expect(requests).toHaveLength(1);
  });
});

test.each([null, 'a\r\nb: c', 'naïve'])(
  'a webhook for the request %j, which can’t stand in a header, has none',
  async (correlationId) => {
    answer = CHANNELS.webhook.takes;
    const channel = open('webhook');
    await channel.send({ ...attemptOn('webhook', channel).attempt, correlationId });
    expect(requests.map(({ request }) => request.headers)).toEqual([
      expect.not.objectContaining({ 'x-correlation-id': expect.anything() }),
    ]);
  },
);

describe('a webhook that is signed with a private key (v1a)', () => {
  const make = () => open('webhook').newSecrets?.(wanted(undefined, 'v1a'), randomness(1));

  test('is verified by another library with the public key that the subscription shows', async () => {
    const channel = open('webhook');
    const made = make();
    if (made?.kind !== 'secrets' || made.publicKey === undefined) throw new Error('it has no public key');
    answer = CHANNELS.webhook.takes;
    const { attempt } = attemptOn('webhook', channel);
    await channel.send({ ...attempt, secrets: made.stored });
    const [{ request, body } = {}] = requests;
    const [version, signature = ''] = String(request?.headers['webhook-signature']).split(',');
    const signed = `${request?.headers['webhook-id']}.${request?.headers['webhook-timestamp']}.${body}`;
    const key = Buffer.from(made.publicKey.replace(/^whpk_/, ''), 'base64');
    const holds = (text: string) =>
      verifyAsync(Buffer.from(signature, 'base64'), new TextEncoder().encode(text), key);
    expect([version, await holds(signed), await holds(`${signed} `)]).toEqual(['v1a', true, false]);
  });

  test('keeps the private key encrypted, draws it from the given randomness, and shows it to nobody', () => {
    const made = make();
    expect(make()).toEqual(made);
    expect(made).toEqual({
      kind: 'secrets',
      stored: expect.stringMatching(/^one:/),
      publicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/),
    });
    const seed = Buffer.alloc(32, 1);
    if (made?.kind !== 'secrets') throw new Error('it has no key');
    expect(JSON.parse(vault.open(made.stored, row)).current).toContain(seed.toString('base64').slice(0, 42));
    expect(JSON.stringify(made)).not.toMatch(/whsk_/);
  });

  test('takes no secret of a client', () => {
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    expect(open('webhook').newSecrets?.(wanted(secret, 'v1a'), randomness(1))).toEqual({
      kind: 'refused',
      reason: 'v1a signs with a key of ours; leave it out',
    });
  });
});

const opened = (COMANDA_DEMO: boolean) =>
  openChannels(
    { COMANDA_DEMO, WEBHOOK_TIMEOUT_MS: 5_000, TELEGRAM_API_ROOT: receiver },
    { vault, clock: () => new Date(now) },
  ).webhook;

test('an unsafe target is refused at the subscription and at every attempt, and no range is told', async () => {
  const webhook = opened(false);
  answer = CHANNELS.webhook.takes;
  const overTls = receiver.replace('http:', 'https:');
  const cause = '127.0.0.1: loopback address';
  expect(await webhook.checkTarget(overTls)).toEqual({
    kind: 'refused',
    code: 'UNSAFE_TARGET',
    reason: 'is not allowed',
    cause,
  });
  const { attempt } = attemptOn('webhook', webhook);
  const refused = { kind: 'failure', reason: 'unsafe-target', durationMs: expect.any(Number), cause };
  expect(await webhook.send({ ...attempt, target: overTls })).toEqual({ ...refused, detail: 'not allowed' });
  expect(await webhook.send(attempt)).toEqual({ ...refused, detail: 'must begin with https://' });
  expect(requests).toEqual([]);
});

test('in the demo nothing but loopback may be a target', async () => {
  const webhook = opened(true);
  answer = CHANNELS.webhook.takes;
  expect(await webhook.checkTarget(receiver)).toEqual({ kind: 'allowed' });
  expect(await webhook.send(attemptOn('webhook', webhook).attempt)).toMatchObject({ status: 204 });
  for (const target of [
    'https://8.8.8.8/',
    'http://10.0.0.1/',
    'http://169.254.169.254/',
    'https://[fd00::1]/',
  ])
    expect([target, await webhook.checkTarget(target)]).toMatchObject([target, { reason: 'is not allowed' }]);
  expect(requests).toHaveLength(1);
});
