import type { RequestListener } from 'node:http';
import { ChannelName, headersOf, type Signature, secretOf } from '@comanda/contracts';
import { OpeningKey, sealFor } from '@comanda/kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { verifyAsync } from '@noble/ed25519';
import { type NextStep, nextStep } from '../domain/delivery-outcome.js';
import { type SealedAtRest, SecretVault } from '../storage/secret-vault.js';
import { type ChannelUnderTest, itConforms } from '../testing/channel-conformance.js';
import { type HttpAnswers, HttpPeer } from '../testing/http-peer.js';
import { ScriptedMailServer } from '../testing/scripted-mail-server.js';
import type { Attempt, Channel, ChannelDependencies } from './channel.js';
import { LOOPBACK } from './http/address-rules.js';
import { openChannels } from './index.js';

const TOKEN = '123:secret-of-the-bot';
const MAIL_PASSWORD = 'the password of the mail server';
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

const settings = {
  COMANDA_DEMO: false,
  WEBHOOK_TIMEOUT_MS: 5_000,
  TELEGRAM_API_ROOT: 'http://127.0.0.1:1',
  TELEGRAM_COMMANDS: false,
  SLACK_WEBHOOK_ROOT: 'http://127.0.0.1:1',
  TWILIO_API_BASE: 'http://127.0.0.1:1',
};
const unset = (dependencies: ChannelDependencies) => openChannels(settings, dependencies);

const ENDPOINT: HttpAnswers = {
  'takes it': endpoint(204),
  fails: endpoint(500),
  throttles: endpoint(429, { 'retry-after': '35' }),
  'refuses it for good': endpoint(410),
};
const BOT_API: HttpAnswers = {
  'takes it': bot(true, 200, { result: { message_id: 7 } }),
  fails: bot(false, 500),
  throttles: bot(false, 429, { parameters: { retry_after: 35 } }),
  'refuses it for good': bot(false, 403),
};

const word =
  (status: number, text: string, headers = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(text);
const SLACK: HttpAnswers = {
  'takes it': word(200, 'ok'),
  fails: word(500, 'rollup_error'),
  throttles: word(429, 'rate_limited', { 'retry-after': '35' }),
  'refuses it for good': word(404, 'no_service'),
};
const twilio = (status: number, body: object, headers = {}) => word(status, JSON.stringify(body), headers);
const TWILIO: HttpAnswers = {
  'takes it': twilio(201, { sid: `SM${'a'.repeat(32)}`, status: 'queued' }),
  fails: twilio(500, { code: 20500, message: 'Internal Server Error' }),
  throttles: twilio(429, { code: 20429, message: 'Too Many Requests' }, { 'retry-after': '35' }),
  'refuses it for good': twilio(400, { code: 21211, message: 'no number' }),
};
const SLACK_SECRET = 'XXXXXXXXXXXXXXXXXXXXXXXX';
const TWILIO_TOKEN = 'the token of the account at Twilio';
const ACCOUNT = `AC${'0'.repeat(32)}`;

/** The channels that speak HTTP, which have more in common. */
const OVER_HTTP = {
  webhook: {
    start: () => HttpPeer.start(ENDPOINT),
    open: (_peer, WEBHOOK_TIMEOUT_MS, dependencies) =>
      openChannels({ ...settings, WEBHOOK_TIMEOUT_MS, WEBHOOK_ALLOWED_CIDRS: LOOPBACK }, dependencies)
        .webhook,
    target: (peer) => `${peer.url}/hook`,
    // `newSecrets` draws it from what the suite gives it.
    secrets: [Buffer.alloc(32, 1).toString('base64')],
    goodTargets: ['https://8.8.8.8/hook', 'http://127.0.0.1:3010/'],
    badTargets: [
      'no URL',
      'ftp://8.8.8.8/',
      'https://user:password@8.8.8.8/',
      'http://8.8.8.8/',
      'https://10.0.0.1/',
    ],
  },
  telegram: {
    start: () => HttpPeer.start(BOT_API),
    open: (peer, WEBHOOK_TIMEOUT_MS, dependencies) =>
      openChannels(
        { ...settings, WEBHOOK_TIMEOUT_MS, TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_API_ROOT: peer.url },
        dependencies,
      ).telegram,
    openUnconfigured: (dependencies) => unset(dependencies).telegram,
    target: () => '42',
    secrets: [TOKEN],
    goodTargets: ['42', '-1001234567890', '@comanda_orders'],
    badTargets: ['https://8.8.8.8/', '@a', '4 2', '42; DROP TABLE'],
  },
  slack: {
    start: () => HttpPeer.start(SLACK),
    open: ({ url }, WEBHOOK_TIMEOUT_MS, dependencies) =>
      openChannels({ ...settings, WEBHOOK_TIMEOUT_MS, SLACK_WEBHOOK_ROOT: url }, dependencies).slack,
    target: (peer) => `${peer.url}/services/T00000000/B00000000/${SLACK_SECRET}`,
    secrets: [SLACK_SECRET],
    goodTargets: [],
    badTargets: [
      ...['https://hooks.slack.com/', `https://evil.example/services/T0/B0/${SLACK_SECRET}`, '#general'],
      `https://hooks.slack.com@evil.example/services/T0/B0/${SLACK_SECRET}`,
    ],
  },
  sms: {
    start: () => HttpPeer.start(TWILIO),
    open: ({ url }, WEBHOOK_TIMEOUT_MS, dependencies) =>
      openChannels(
        {
          ...{ ...settings, WEBHOOK_TIMEOUT_MS, TWILIO_API_BASE: url, TWILIO_FROM: '+34911000000' },
          ...{ TWILIO_ACCOUNT_SID: ACCOUNT, TWILIO_AUTH_TOKEN: TWILIO_TOKEN },
        },
        dependencies,
      ).sms,
    openUnconfigured: (dependencies) => unset(dependencies).sms,
    target: () => '+34600000000',
    secrets: [TWILIO_TOKEN, `${ACCOUNT}:${TWILIO_TOKEN}`],
    goodTargets: ['+34600000000', '+12025550123'],
    badTargets: [
      '600000000',
      '0034600000000',
      '+34 600 000 000',
      '+0123456789',
      '+3460000000012345',
      '+34600000000\r\n',
    ],
  },
} satisfies Partial<Record<ChannelName, ChannelUnderTest<HttpPeer>>>;

/** This file does not compile until a new channel has its entry here. */
const CHANNELS: Readonly<Record<ChannelName, (name: ChannelName) => void>> = {
  webhook: (name) => itConforms(name, OVER_HTTP.webhook),
  telegram: (name) => itConforms(name, OVER_HTTP.telegram),
  slack: (name) => itConforms(name, OVER_HTTP.slack),
  sms: (name) => itConforms(name, OVER_HTTP.sms),
  email: (name) =>
    itConforms(name, {
      start: () => ScriptedMailServer.start(),
      open: ({ port }, WEBHOOK_TIMEOUT_MS, dependencies) =>
        openChannels(
          {
            ...settings,
            WEBHOOK_TIMEOUT_MS,
            SMTP_URL: {
              ...{ host: '127.0.0.1', port, security: 'offered' },
              login: { user: 'comanda', password: MAIL_PASSWORD },
            },
            SMTP_FROM: { name: 'Comanda', address: 'orders@example.com' },
          },
          dependencies,
        ).email,
      openUnconfigured: (dependencies) => unset(dependencies).email,
      target: () => 'ana@example.org',
      secrets: [MAIL_PASSWORD],
      goodTargets: [
        'ana@example.org',
        "o'hara+orders@mail.example.org",
        'ana@müller.example',
        'a@xn--p1ai.xn--p1ai',
      ],
      badTargets: [
        ...[
          'ana',
          'ana@',
          '@example.org',
          'ana@example',
          'ana@localhost',
          'ana@127.0.0.1',
          'ana@[127.0.0.1]',
        ],
        ...['ana@example.org,bob@example.org', 'ana@example.org bob@example.org', 'Ana <ana@example.org>'],
        ...[
          'ana@example.org\r\nBcc: bob@example.org',
          '"a b"@example.org',
          '.a@example.org',
          'a..b@example.org',
        ],
        ...['a@-example.org', 'a@ex%61mple.org', 'ána@example.org', `${'a'.repeat(65)}@example.org`],
        ...[`a@${'b'.repeat(64)}.org`, `a@${'bcdefg.'.repeat(36)}org`, 'mailto:ana@example.org'],
      ],
      cannotThrottle: true,
    }),
};
for (const name of ChannelName.options) CHANNELS[name](name);

const NOW = Date.parse('2027-02-02T00:00:00.000Z');
const vault = new SecretVault({ id: 'one', key: 'a key of the vault in these tests' });
const row = { tenantId: 'default', subscriptionId: 's-1' };
const about = secretOf(row.tenantId, row.subscriptionId);
/** Who subscribes. */
const client = new OpeningKey(Buffer.alloc(32, 9));
const wanted = (secret?: string, signature: Signature = 'v1') => ({
  row,
  signature,
  headers: undefined,
  brought: secret === undefined ? undefined : sealFor(vault.publicKey, secret, about, Buffer.alloc(32, 5)),
  answerKey: client.publicKey,
});
const randomness = (seed: number) => ({ newSecret: () => Buffer.alloc(32, seed++) });

const dependencies: ChannelDependencies = { vault, clock: () => new Date(NOW) };

/** A delivery as the worker makes it, to a subscription as it was created. */
function attemptOn(channel: Channel, target: string): Attempt {
  const made = channel.newSecrets?.(wanted(), randomness(1));
  if (made?.kind === 'refused') throw new Error(made.reason);
  const data = { orderId: 'o-1', totalAmount: 1250, currency: 'EUR' };
  return {
    row,
    target,
    deliveryId: 'd-1',
    language: 'en',
    secrets: made?.stored ?? null,
    eventId: 'evt-1',
    type: 'order.confirmed',
    correlationId: 'a request of ours',
    body: JSON.stringify({ id: 'evt-1', type: 'order.confirmed', data }),
  };
}

let peer: HttpPeer;
afterEach(() => peer?.stop());

describe.each(['webhook', 'telegram', 'slack', 'sms'] as const)('the channel %s, over HTTP,', (name) => {
  const under = OVER_HTTP[name];
  beforeEach(async () => {
    peer = await under.start();
  });

  const follows = async (listener: RequestListener, timeoutMs: number): Promise<NextStep> => {
    peer.say(listener);
    const channel = under.open(peer, timeoutMs, dependencies);
    const result = await channel.send(attemptOn(channel, under.target(peer)));
    return nextStep(result, {
      failures: 0,
      skipped: 0,
      moved: false,
      scheduleSeconds: [1],
      now: NOW,
      random: () => 0.5,
    });
  };

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
    expect(peer.requests).toHaveLength(1);
  });

  test('gives up a receiver whose status drips, and tries it again', async () => {
    const drips: RequestListener = ({ socket }) => {
      const bytes = [...accepts.repeat(20)];
      const drip = setInterval(() => socket.write(bytes.shift() ?? ' '), 30);
      socket.on('close', () => clearInterval(drip));
    };
    expect(await follows(drips, 200)).toEqual({ kind: 'retry', dueAt: NOW + 1_000 });
  });

  test('sends the correlation id in a header, if it can', async () => {
    peer.behave('takes it');
    const channel = under.open(peer, 5_000, dependencies);
    await channel.send(attemptOn(channel, under.target(peer)));
    const correlationIds = peer.requests.map(({ request }) => request.headers['x-correlation-id']);
    // A chat has no headers.
    expect(correlationIds).toEqual([name === 'webhook' ? 'a request of ours' : undefined]);
  });
});

describe('the channel webhook, which signs,', () => {
  beforeEach(async () => {
    peer = await OVER_HTTP.webhook.start();
  });
  const open = () => OVER_HTTP.webhook.open(peer, 5_000, dependencies);
  const made = (channel: Channel, ...[secrets, chance]: Parameters<NonNullable<Channel['newSecrets']>>) => {
    if (!channel.newSecrets) throw new Error('it does not sign');
    return channel.newSecrets(secrets, chance);
  };

  test('draws its secrets from the randomness that it is given and from nothing else', () => {
    const make = (seed: number) => made(open(), wanted(), randomness(seed));
    expect(make(1)).toEqual(make(1));
    expect(make(1)).not.toEqual(make(2));
  });

  test('keeps a secret encrypted, and shows it to the one who asked alone', () => {
    const secrets = made(open(), wanted(), randomness(1));
    if (secrets.kind === 'refused' || secrets.answer === undefined) throw new Error('it shows none');
    const { stored, answer } = secrets;
    const secret = client.open(answer, about);
    for (const text of [stored, answer]) {
      expect(text).not.toContain(secret);
      expect(Buffer.from(text, 'base64').toString('latin1')).not.toContain(secret);
    }
    expect(() => new OpeningKey(Buffer.alloc(32, 1)).open(answer, about)).toThrow();
  });

  test('takes a secret that a client brought sealed for it', () => {
    const channel = open();
    expect(channel.sealFor).toBe(vault.publicKey);
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    const secrets = made(channel, wanted(secret), randomness(1));
    if (secrets.kind === 'refused' || secrets.answer === undefined) throw new Error('it was not taken');
    expect(client.open(secrets.answer, about)).toBe(secret);
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
      const refused = made(open(), bad, randomness(1));
      expect(refused).toMatchObject({ kind: 'refused' });
      expect(JSON.stringify(refused)).not.toContain(secret);
    }
  });

  test('sends the headers that staff want with it, which are kept sealed, beside its own', async () => {
    const channel = open();
    peer.behave('takes it');
    const about = headersOf(row.tenantId, row.subscriptionId);
    const sealed = (headers: object, of = about) =>
      sealFor(vault.publicKey, JSON.stringify(headers), of, Buffer.alloc(32, 6));
    const sentWith = async (stored: SealedAtRest) => {
      await channel.send({ ...attemptOn(channel, `${peer.url}/hook`), secrets: stored });
      return peer.requests.at(-1)?.request.headers ?? {};
    };
    const headers = { Authorization: 'Bearer of-the-proxy', 'x-shop': 'one two' };
    const first = made(channel, { ...wanted(), headers: sealed(headers) }, randomness(1));
    if (first.kind === 'refused') throw new Error(first.reason);
    expect(first.headerNames).toEqual(['authorization', 'x-shop']);
    expect(first.stored).not.toContain('of-the-proxy');
    expect(await sentWith(first.stored)).toMatchObject({
      ...{ authorization: 'Bearer of-the-proxy', 'x-shop': 'one two', 'content-type': 'application/json' },
      'webhook-id': 'evt-1',
    });

    const change = (secrets: SealedAtRest, to: string | null) => {
      const changed = channel.changeHeaders?.({ row, secrets, headers: to }, randomness(9));
      if (changed?.kind !== 'headers') throw new Error(JSON.stringify(changed));
      return changed;
    };
    // A rotation keeps them, a change replaces them all, and the secret stays.
    const rotated = channel.rotateSecrets?.(
      {
        ...{ row, secrets: first.stored, rotationId: 'r', now: NOW, answerKey: client.publicKey },
      },
      randomness(20),
    );
    if (rotated?.kind !== 'secrets') throw new Error(JSON.stringify(rotated));
    expect(await sentWith(rotated.stored)).toMatchObject({ authorization: 'Bearer of-the-proxy' });
    const changed = change(rotated.stored, sealed({ 'x-new': 'v' }));
    expect(changed.headerNames).toEqual(['x-new']);
    const with_ = await sentWith(changed.stored);
    expect([with_['x-new'], with_.authorization, with_['x-shop']]).toEqual(['v', undefined, undefined]);
    expect(String(with_['webhook-signature']).split(' ')).toHaveLength(2);
    const without = change(changed.stored, null);
    expect([without.headerNames, (await sentWith(without.stored))['x-new']]).toEqual([null, undefined]);

    for (const bad of [sealed({ host: 'evil' }), sealed(headers, 'another'), 'nothing', sealed(['x'])])
      for (const refused of [
        channel.changeHeaders?.({ row, secrets: first.stored, headers: bad }, randomness(1)),
        made(channel, { ...wanted(), headers: bad }, randomness(1)),
      ]) {
        expect(refused).toMatchObject({ kind: 'refused', about: 'headers' });
        expect(JSON.stringify(refused)).not.toMatch(/evil|of-the-proxy/);
      }
  });

  /** For a subscription that is signed with a private key. */
  const keyed = () => {
    const secrets = made(open(), wanted(undefined, 'v1a'), randomness(1));
    if (secrets.kind === 'refused' || secrets.publicKey === undefined)
      throw new Error('it has no public key');
    return secrets;
  };

  test('signs with a private key so that another library verifies with the public one', async () => {
    const channel = open();
    const { stored, publicKey } = keyed();
    peer.behave('takes it');
    await channel.send({ ...attemptOn(channel, `${peer.url}/hook`), secrets: stored });
    const [{ request, body } = {}] = peer.requests;
    const [version, signature = ''] = String(request?.headers['webhook-signature']).split(',');
    const signed = `${request?.headers['webhook-id']}.${request?.headers['webhook-timestamp']}.${body}`;
    const key = Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64');
    const holds = (text: string) =>
      verifyAsync(Buffer.from(signature, 'base64'), new TextEncoder().encode(text), key);
    expect([version, await holds(signed), await holds(`${signed} `)]).toEqual(['v1a', true, false]);
  });

  test('keeps a private key encrypted, draws it from the given randomness, and shows it to nobody', () => {
    expect(keyed()).toEqual(keyed());
    expect(keyed()).toEqual({
      kind: 'secrets',
      headerNames: null,
      stored: expect.stringMatching(/^one:/),
      publicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/),
    });
    const { current } = JSON.parse(vault.open(keyed().stored, row)) as { current: string };
    const bytes = Buffer.from(current.replace(/^whsk_/, ''), 'base64');
    expect(bytes.subarray(0, 32)).toEqual(Buffer.alloc(32, 1));
    expect(JSON.stringify(keyed())).not.toContain('whsk_');
  });

  test('takes no secret of a client where a private key signs', () => {
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    expect(made(open(), wanted(secret, 'v1a'), randomness(1))).toEqual({
      kind: 'refused',
      about: 'secret',
      reason: 'v1a signs with a key of ours; leave it out',
    });
  });

  test('sends nothing with the secret of another subscription', async () => {
    const channel = open();
    const attempt = attemptOn(channel, `${peer.url}/hook`);
    peer.behave('takes it');
    await channel.send(attempt);
    const copied = { ...attempt, row: { ...row, subscriptionId: 's-2' } };
    await expect(channel.send(copied)).rejects.toThrow('belongs to another row');
    expect(peer.requests).toHaveLength(1);
  });

  test.each([null, 'a\r\nb: c', 'naïve'])(
    'has no header for the request %j, which can’t stand in one',
    async (correlationId) => {
      peer.behave('takes it');
      const channel = open();
      await channel.send({ ...attemptOn(channel, `${peer.url}/hook`), correlationId });
      expect(peer.requests.map(({ request }) => request.headers)).toEqual([
        expect.not.objectContaining({ 'x-correlation-id': expect.anything() }),
      ]);
    },
  );

  const opened = (COMANDA_DEMO: boolean) => openChannels({ ...settings, COMANDA_DEMO }, dependencies).webhook;

  test('refuses an unsafe target at the subscription and at every attempt, and tells no range', async () => {
    const webhook = opened(false);
    peer.behave('takes it');
    const overTls = peer.url.replace('http:', 'https:');
    const cause = '127.0.0.1: loopback address';
    expect(await webhook.checkTarget(overTls)).toEqual({
      kind: 'refused',
      code: 'UNSAFE_TARGET',
      reason: 'is not allowed',
      cause,
    });
    const refused = { kind: 'failure', reason: 'unsafe-target', durationMs: expect.any(Number), cause };
    expect(await webhook.send(attemptOn(webhook, overTls))).toEqual({ ...refused, detail: 'not allowed' });
    expect(await webhook.send(attemptOn(webhook, peer.url))).toEqual({
      ...refused,
      detail: 'must begin with https://',
    });
    expect(peer.requests).toEqual([]);
  });

  test('allows nothing but loopback in the demo', async () => {
    const webhook = opened(true);
    peer.behave('takes it');
    expect(await webhook.checkTarget(peer.url)).toEqual({ kind: 'allowed' });
    expect(await webhook.send(attemptOn(webhook, peer.url))).toMatchObject({ status: 204 });
    for (const target of [
      'https://8.8.8.8/',
      'http://10.0.0.1/',
      'http://169.254.169.254/',
      'https://[fd00::1]/',
    ])
      expect([target, await webhook.checkTarget(target)]).toMatchObject([
        target,
        { reason: 'is not allowed' },
      ]);
    expect(peer.requests).toHaveLength(1);
  });
});
