import { randomBytes } from 'node:crypto';
import { newId } from '@comanda/contracts';
import { sealedFor } from '@comanda/kit';
import {
  MailServer,
  type StripeStub as Stripe,
  StripeStub,
  startTelegramStub,
  type TelegramStub,
} from '@comanda/stand-ins';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Answer, Api, CUSTOMER, DEMO_PASSWORD, orderOf, PRODUCTS, STAFF } from '../support/api.js';
import { commandOf } from '../support/command.js';
import { Firehose, filesBelow, type Heard, leaksIn, redisContents, rowsOf } from '../support/leaks.js';
import { countDeadLetters } from '../support/queues.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const Token = z.object({ accessToken: z.string() });
const Session = Token.extend({ refreshToken: z.string() });
const Subscription = z.object({ subscriptionId: z.string(), secret: z.string().optional() });
const secret = (what: string) => `${what}-${randomBytes(24).toString('hex')}`;

const SETTINGS = {
  JWT_SECRET: secret('jwt'),
  JWT_PREVIOUS_SECRETS: secret('former-jwt'),
  TELEGRAM_BOT_TOKEN: `1000000:${secret('bot')}`,
};
const [OLD_KEY, NEW_KEY] = [secret('old-key'), secret('new-key')];
const PASSWORDS = {
  'a password': secret('password'),
  'a wrong password': secret('guess'),
  'a password that was refused': secret('refused'),
};
const CARDS = { 'a card': '4000056655665556', 'a card in groups': '5200-8282-8282-8210' };
const CONTACT = { email: `${secret('ana')}@example.org`, phone: `+34${String(Date.now()).slice(-11)}` };
const BAD_SECRET = { 'a secret that was refused': `whsec_${randomBytes(8).toString('hex')}` };

/** An account that remembers what it was answered. */
class Listening extends Api {
  constructor(
    url: string,
    token: string | undefined,
    private readonly heard: Heard[],
  ) {
    super(url, token);
  }

  override async send(...request: Parameters<Api['send']>): Promise<Answer> {
    const answer = await super.send(...request);
    const headers = JSON.stringify([...answer.headers]);
    this.heard.push({
      where: `the answer to ${request[0]} ${request[1]}`,
      text: `${headers} ${JSON.stringify(answer.body)}`,
    });
    return answer;
  }
}

/**
 * One day of a shop, with a marked value in every field that must not be seen; then everything is searched for them.
 */
describe('no secret, token, card number, password or address of a customer', () => {
  const lines: Heard[] = [];
  const answers: Heard[] = [];
  const sent: Heard[] = [];
  const firehose = new Firehose();
  let stripe: Stripe;
  let telegram: TelegramStub;
  let mail: MailServer;
  let failing: WebhookReceiver;
  afterAll(async () => {
    await firehose.close();
    await failing?.stop();
    await stripe?.stop();
    await telegram?.stop();
    await mail?.stop();
  });
  const comanda = useInstallation(async () => {
    stripe = await StripeStub.start();
    telegram = await startTelegramStub();
    mail = await MailServer.start();
    return {
      tapped: true,
      ownBroker: true,
      onLine: (process, text) => void lines.push({ where: `the log of ${process}`, text }),
      env: {
        ...stripe.env,
        ...SETTINGS,
        WEBHOOK_ENCRYPTION_KEYS: `old:${OLD_KEY}`,
        TELEGRAM_API_ROOT: telegram.url,
        SMTP_URL: mail.url,
        SMTP_FROM: 'orders@example.org',
        WEBHOOK_RETRY_SECONDS: '1',
        LOG_LEVEL: 'trace',
      },
    };
  });
  /** What must be nowhere, and what is shown once, by the answer that shows it. */
  const secrets: Record<string, string> = {
    ...SETTINGS,
    ...PASSWORDS,
    ...CARDS,
    'the digits of a card': CARDS['a card in groups'].replaceAll('-', ''),
    'the demo’s password': DEMO_PASSWORD,
    'a customer’s address': CONTACT.email,
    'a customer’s number': CONTACT.phone.slice(1),
    'the old key': OLD_KEY,
    'the new key': NEW_KEY,
  };
  const shown: Record<string, string> = {};
  const byteString = (whsec: string) => whsec.slice('whsec_'.length);
  /** A secret of a subscription: with its prefix, without it, and as the bytes that it stands for. */
  const noteSecret = (name: string, whsec: string) => {
    shown[name] = byteString(whsec);
    secrets[`${name}, as bytes`] = Buffer.from(byteString(whsec), 'base64').toString('latin1');
  };
  let rotate: string;
  let customer: Listening;
  let staff: Listening;

  async function logIn(email: string, password: string, name: string): Promise<Listening> {
    const answer = await new Listening(comanda.platform.url, undefined, answers).post('/auth/token', {
      email,
      password,
    });
    const { accessToken } = Token.parse(answer.body);
    shown[name] = accessToken;
    return new Listening(comanda.platform.url, accessToken, answers);
  }

  /** A session that is refreshed once. Of a refresh token one half stays and the other is new. */
  async function session(email: string, password: string): Promise<void> {
    const anybody = new Listening(comanda.platform.url, undefined, answers);
    const begun = await anybody.post('/auth/token', { email, password, session: 'token' });
    const first = Session.parse(begun.body);
    const second = Session.parse(
      (await anybody.post('/auth/refresh', { refreshToken: first.refreshToken })).body,
    );
    const [, family = '', turn = ''] = first.refreshToken.split('.');
    Object.assign(shown, {
      ...{ 'a session’s token': first.accessToken, 'its next token': second.accessToken },
      ...{ 'what names a session': family, 'a refresh token': turn },
      'the next refresh token': second.refreshToken.split('.')[2] ?? '',
    });
  }

  beforeAll(async () => {
    await firehose.open(comanda);
    noteSecret('the witness’ secret', comanda.witness.receiver.secret);
  });

  it('is lost in people’s hands: accounts and log-ins', async () => {
    const anybody = new Listening(comanda.platform.url, undefined, answers);
    const email = 'ana@example.org';
    const statuses = [
      await anybody.post('/auth/register', { email, password: PASSWORDS['a password'] }),
      await anybody.post('/auth/register', { email, password: PASSWORDS['a password'] }),
      await anybody.post('/auth/register', {
        email: 'b',
        password: PASSWORDS['a password that was refused'],
      }),
      await anybody.post('/auth/token', { email, password: PASSWORDS['a wrong password'] }),
      await anybody.post('/auth/token', `{"email":"${email}","password":"${PASSWORDS['a wrong password']}"`),
    ].map(({ status }) => status);
    expect(statuses).toEqual([201, 409, 400, 401, 400]);
    await logIn(email, PASSWORDS['a password'], 'a token');
    await session(email, PASSWORDS['a password']);
    customer = await logIn(CUSTOMER.email, DEMO_PASSWORD, 'the customer’s token');
    staff = await logIn(STAFF.email, DEMO_PASSWORD, 'the staff’s token');
    const forged = new Listening(comanda.platform.url, `${customer.token?.slice(0, -8)}AAAAAAAA`, answers);
    expect((await forged.get('/orders')).status).toBe(401);
  });

  it('is lost with what staff hand on: an API key, and an invitation that is accepted', async () => {
    const key = { 'idempotency-key': 'handed-on' };
    const repeated = async (path: string, body: object, field: string) => {
      const [made] = [await staff.post(path, body, key), await staff.post(path, body, key)];
      return z.record(z.string(), z.unknown()).parse(made.body)[field];
    };
    const apiKey = await repeated('/api-keys', { name: 'a key', scopes: ['webhooks:manage'] }, 'key');
    shown['an API key'] = String(apiKey);
    const program = new Listening(comanda.platform.url, String(apiKey), answers);
    expect((await program.get('/event-types')).status).toBe(200);
    const invited = { email: 'eva@example.org', scopes: ['orders:read'] };
    const token = await repeated('/accounts/invitations', invited, 'token');
    shown['an invitation'] = String(token);
    const acceptance = { token, password: PASSWORDS['a password'] };
    const anybody = new Listening(comanda.platform.url, undefined, answers);
    const accepted = [
      await anybody.post('/auth/accept-invitation', acceptance),
      await anybody.post('/auth/accept-invitation', acceptance),
    ];
    expect(accepted.map(({ status }) => status)).toEqual([201, 404]);
  });

  it('is passed on by subscriptions: secrets that are brought, made, refused; endpoints that fail', async () => {
    failing = await WebhookReceiver.start();
    failing.behave({ kind: 'status', code: 500 });
    noteSecret('a secret that was brought', failing.secret);
    const wanted = { channel: 'webhook', target: failing.url, eventTypes: ['*'] };
    const key = { 'idempotency-key': newId() };
    const brought = await staff.post('/subscriptions', { ...wanted, secret: failing.secret }, key);
    expect(Subscription.parse(brought.body).secret).toBe(failing.secret);
    const repeated = await staff.post('/subscriptions', { ...wanted, secret: failing.secret }, key);
    expect(Subscription.parse(repeated.body)).toEqual({
      subscriptionId: Subscription.parse(brought.body).subscriptionId,
    });
    secrets['a custom header'] = secret('header');
    const headers = { authorization: secrets['a custom header'] };
    const made = await staff.post('/subscriptions', { ...wanted, eventTypes: ['product.*'], headers });
    expect(
      (await staff.post('/subscriptions', { ...wanted, headers: { ...headers, host: 'a' } })).status,
    ).toBe(400);
    noteSecret('a secret that we made', Subscription.parse(made.body).secret ?? '');
    rotate = `/subscriptions/${Subscription.parse(made.body).subscriptionId}/rotate-secret`;
    const rotated = await staff.post(rotate, {}, key);
    noteSecret('a secret that took its place', Subscription.parse(rotated.body).secret ?? '');
    expect(Subscription.parse((await staff.post(rotate, {}, key)).body).secret).toBeUndefined();
    const { subscriptionId } = await comanda.subscribe(['*'], undefined, { signature: 'v1a' });
    const signed = await staff.get(`/subscriptions/${subscriptionId}`);
    expect(signed.body).toMatchObject({ publicKey: expect.stringMatching(/^whpk_/) });
    secrets['what a private key begins with'] = 'whsk_';
    Object.assign(secrets, BAD_SECRET);
    const refused = [
      await staff.post('/subscriptions', { ...wanted, secret: BAD_SECRET['a secret that was refused'] }),
      await staff.post('/subscriptions', {
        ...wanted,
        channel: 'telegram',
        target: '1',
        secret: failing.secret,
      }),
      await staff.post('/subscriptions', { ...wanted, secret: [failing.secret] }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400]);
    const chat = { channel: 'telegram', target: '4711', eventTypes: ['order.*'] };
    expect((await staff.post('/subscriptions', chat)).status).toBe(201);
    telegram.behave({ kind: 'error', code: 500, times: 1 });
  });

  it('is in an order: cards are refused, payments declined, refunded, called back', async () => {
    for (const method of [...Object.values(CARDS), CARDS['a card'].match(/.{4}/g)?.join(' ') ?? '']) {
      const order = orderOf(PRODUCTS.espresso, 1, method);
      const { productId, quantity, payment } = order;
      for (const body of [order, { items: [{ productId, quantity }], payment }])
        expect((await customer.post('/orders', body, { 'idempotency-key': newId() })).status).toBe(400);
    }
    stripe.break('confirm', 'drop');
    const paid = await customer.place(orderOf(PRODUCTS.espresso, 2, 'pm_card_visa'));
    const declined = await customer.place(orderOf(PRODUCTS.espresso, 1, 'pm_card_chargeDeclined'));
    expect(await customer.ended(paid)).toMatchObject({ status: 'CONFIRMED' });
    expect(await customer.ended(declined)).toMatchObject({ status: 'REJECTED' });
    expect((await staff.post(`/orders/${paid}/refunds`, { amount: 100, reason: 'Cold' })).status).toBe(202);
    await until('it is refunded', async () => stripe.refundsOf(paid).length === 1);
    const [intent] = stripe.intentsOf(paid);
    const { body, headers } = stripe.callback(intent?.id ?? '', 'payment_intent.succeeded');
    for (const signature of [headers['stripe-signature'] ?? '', 't=1,v1=00'])
      await customer.post('/payment-callbacks/stripe', body, { ...headers, 'stripe-signature': signature });
    for (const path of ['', '/timeline', '/payments']) await customer.get(`/orders/${paid}${path}`);
    await until('the endpoint that fails has been given up', async () => {
      const answer = await staff.get(`/deliveries?status=FAILED&orderId=${paid}`);
      return z.object({ items: z.array(z.unknown()) }).parse(answer.body).items.length >= 3;
    });
    const notified = {
      ...orderOf(PRODUCTS.espresso, 1, 'pm_card_visa'),
      notify: { ...CONTACT, locale: 'es' },
    };
    mail.refuse({ at: 'recipient', code: 550, text: `5.1.1 <${CONTACT.email}> is unknown` });
    const key = { 'idempotency-key': newId() };
    const notifiedOrder = await customer.place(notified, key);
    expect(await customer.place(notified, key)).toBe(notifiedOrder);
    for (const notify of [CONTACT, { ...CONTACT, locale: 'fr' }, { email: CONTACT.phone, locale: 'es' }])
      expect((await customer.post('/orders', { ...notified, notify })).status).toBe(400);
    await until('what its customer is told has ended', async () => {
      const { body } = await staff.get(`/orders/${notifiedOrder}/notifications`);
      const { items } = z.object({ items: z.array(z.object({ status: z.string() })) }).parse(body);
      return items.length === 2 && items.every(({ status }) => status !== 'PENDING');
    });
    await until('the chat was told', () => telegram.messages.some(({ text }) => text.includes(paid)));
  });

  it('lies in a dead letter: a subscription that could not be made, a contact that could not be opened', async () => {
    const { wire } = comanda;
    const command = wire.seen.findLast(
      ({ routingKey }) => routingKey === 'webhooks.createSubscription',
    )?.envelope;
    if (!command) throw new Error('no command was seen');
    const brought = wire.seen.find(
      ({ routingKey, body }) => routingKey === 'webhooks.createSubscription' && body.includes(failing.url),
    )?.envelope;
    // What staff and a customer brought, in messages that are broken: they die with all that they carry.
    const { expirytime: _, ...rest } = { expirytime: undefined, ...(brought ?? command) };
    wire.send({ ...rest, id: newId(), data: { ...rest.data, eventTypes: 'none' } } as typeof command);
    const contact = wire.seen.find(({ routingKey }) => routingKey === 'notifications.remember')?.envelope;
    if (!contact) throw new Error('no contact was seen');
    const another = newId();
    wire.send({ ...contact, id: newId(), data: { ...contact.data, orderId: another } } as typeof contact);
    await until('both are dead', async () => (await countDeadLetters(comanda))['webhooks_queue.dlq'] === 2);
    const deadLetters = z
      .object({ items: z.array(z.object({ messageId: z.string() })) })
      .parse((await staff.get('/dead-letters')).body).items;
    expect(deadLetters).toHaveLength(2);
    for (const { messageId } of deadLetters) {
      await staff.get(`/dead-letters/${messageId}`);
      await staff.post(`/dead-letters/${messageId}/replay?dryRun=true`);
    }
  });

  it('shows when the keys change: all is sealed anew and signs as before, and the old key opens nothing', async () => {
    /** Where there still is what only the old key opens: at rest, or on its way into a dead letter. */
    const contact = comanda.wire.seen.find(({ routingKey }) => routingKey === 'notifications.remember');
    const sealedForOld = `${sealedFor(String(contact?.envelope.data.sealedContact))}.`;
    const oldOpens = () =>
      [...rowsOf(comanda)]
        .filter(({ text }) => {
          const bodies = (text.match(/[A-Za-z0-9+/]{100,}=*/g) ?? []).map((body) =>
            Buffer.from(body, 'base64').toString(),
          );
          return text.includes('"old:') || [text, ...bodies].some((one) => one.includes(sealedForOld));
        })
        .map(({ where }) => where)
        .toSorted();
    expect(oldOpens()).toEqual([
      ...Array(1).fill('table webhooks.contacts'),
      ...Array(2).fill('table webhooks.dead_letters'),
      ...Array(4).fill('table webhooks.subscriptions'),
    ]);
    await comanda.restart({ WEBHOOK_ENCRYPTION_KEYS: `new:${NEW_KEY},old:${OLD_KEY}` });
    const secretsCommand = commandOf(comanda, 'secrets');
    const ran = [await secretsCommand('reseal')];
    expect(ran[0]).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /^(default dead letter \S+ needs an older key: replay or discard it first\n){2}5 sealed anew with the first key, 2 left as they were\n$/,
      ),
    });
    expect(oldOpens()).toEqual(Array(2).fill('table webhooks.dead_letters'));
    expect(await commandOf(comanda, 'dead-letters')('discard', '--all')).toMatchObject({ code: 0 });
    ran.push(await secretsCommand('reseal'));
    expect(ran[1]).toMatchObject({
      code: 0,
      out: '0 sealed anew with the first key, 0 left as they were\n',
    });
    expect(oldOpens()).toEqual([]);
    lines.push(...ran.map(({ out, err }) => ({ where: 'npm run secrets', text: out + err })));
    await comanda.restart({ WEBHOOK_ENCRYPTION_KEYS: `new:${NEW_KEY}` });
    failing.behave({ kind: 'ok' });
    staff = await logIn(STAFF.email, DEMO_PASSWORD, 'the staff’s later token');
    const adjusted = await staff.post(`/products/${PRODUCTS.espresso}/stock-adjustments`, {
      delta: 1,
      reason: 'Found',
    });
    expect(adjusted.status).toBe(200);
    await failing.until('signed as before', () => failing.taken.size > 0);
    // One that no key opens is named, and the exit code says so.
    comanda.tamper(
      'webhooks',
      "UPDATE subscriptions SET secrets = 'lost:' || substr(secrets, 5) WHERE channel = 'webhook' AND target LIKE '%hooks' AND event_types = '[\"product.*\"]'",
    );
    const lost = await secretsCommand('reseal');
    expect(lost).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^default subscription \S+ can't be opened: .*"lost"/),
    });
  });

  it('is found anywhere: logs, broker, disks, databases, Redis, answers, and what others are sent', async () => {
    sent.push(
      ...[comanda.witness.receiver, failing].flatMap(({ attempts }) =>
        // The custom header is the receiver's own.
        attempts.map(({ body, headers: { authorization: _, ...headers } }) => ({
          where: 'a webhook',
          text: `${JSON.stringify(headers)} ${body}`,
        })),
      ),
      ...telegram.messages.map(({ text, fields }) => ({
        where: 'Telegram',
        text: text + JSON.stringify(fields),
      })),
    );
    const crossed = comanda.wire.seen.map(({ routingKey, body }) => ({
      where: `the exchange: ${routingKey}`,
      text: body.toString(),
    }));
    const inside: Heard[] = [
      ...lines,
      ...crossed,
      ...firehose.heard,
      ...rowsOf(comanda),
      ...filesBelow(comanda.directory),
      ...(await redisContents(comanda.redis.url)),
      ...sent,
    ];
    const everything = {
      ...secrets,
      ...shown,
      'Stripe’s key': stripe.apiKey,
      'Stripe’s secret': stripe.webhookSecret,
    };
    expect(leaksIn(inside, everything)).toEqual([]);
    expect(leaksIn(answers, { ...secrets, 'Stripe’s key': stripe.apiKey })).toEqual([]);
    const shownBy = leaksIn(answers, shown).toSorted();
    expect(shownBy).toEqual(
      [
        'an API key in the answer to POST /api-keys',
        'an invitation in the answer to POST /accounts/invitations',
        'a secret that was brought in the answer to POST /subscriptions',
        'a secret that we made in the answer to POST /subscriptions',
        `a secret that took its place in the answer to POST ${rotate}`,
        ...['a session’s token', 'what names a session', 'a refresh token'].map(
          (name) => `${name} in the answer to POST /auth/token`,
        ),
        ...['its next token', 'what names a session', 'the next refresh token'].map(
          (name) => `${name} in the answer to POST /auth/refresh`,
        ),
        ...['a token', 'the customer’s token', 'the staff’s token', 'the staff’s later token'].map(
          (name) => `${name} in the answer to POST /auth/token`,
        ),
      ].toSorted(),
    );
    // How an order is paid is no secret, but nobody's business outside.
    expect(leaksIn(sent, { 'a method': 'pm_card' })).toEqual([]);

    // It was looked where there is something to find.
    const places = [...new Set([...inside, ...answers].map(({ where }) => where))];
    for (const place of [
      'the log of gateway',
      'the log of webhooks',
      'the broker: webhooks.createSubscription',
      'the broker: notifications.remember',
      'table webhooks.contacts',
      'the broker: webhooks_queries',
      'the broker: webhooks_queue.dlq',
      'table webhooks.dead_letters',
      'table gateway.accounts',
      'Redis',
      'a webhook',
      'Telegram',
    ])
      expect(places).toContain(place);
    expect(firehose.heard.some(({ where }) => where.includes('amq.rabbitmq.reply-to'))).toBe(true);
    expect(leaksIn(inside, { 'an order’s product': PRODUCTS.espresso }).length).toBeGreaterThan(10);
  });
});
