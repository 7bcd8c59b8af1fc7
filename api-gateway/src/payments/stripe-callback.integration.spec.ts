import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { StripeStub } from '@comanda/stand-ins';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { register } from 'prom-client';
import Stripe from 'stripe';
import { ServicesAndGateway, useServicesAndGateway } from '../../test/services-and-gateway.js';

const PATH = '/api/v1/payment-callbacks/stripe';
const MINUTE_MS = 60_000;

let stripe: StripeStub;
let orderId: string;
let paymentId: string;
let intentId: string;

const { services, gateway } = useServicesAndGateway(async () => {
  stripe = await StripeStub.start();
  return { STRIPE_WEBHOOK_SECRET: stripe.webhookSecret };
});
beforeAll(async () => {
  [orderId, paymentId] = [newId(), newId()];
  intentId = await openIntent({ tenantId: 'cafe', orderId, paymentId });
});
afterAll(() => stripe?.stop());

async function openIntent(metadata: Record<string, string>): Promise<string> {
  const form = new URLSearchParams({ amount: '360', currency: 'eur', payment_method: 'pm_card_visa' });
  for (const [name, value] of Object.entries(metadata)) form.set(`metadata[${name}]`, value);
  const response = await fetch(`${stripe.url}/v1/payment_intents`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stripe.apiKey}` },
    body: form,
  });
  return ((await response.json()) as { id: string }).id;
}

const post = (callback: { body: string; headers: Readonly<Record<string, string>> }) =>
  fetch(`${gateway.url}${PATH}`, { method: 'POST', ...callback });
const passedOn = () => services.commands('payments.providerCalled');
/** The confirm of the broker may be here before its delivery to the other side is. */
const passedOnTimes = (times: number) =>
  until(`payments-service was told ${times} times`, () => passedOn().length >= times);

describe('a call of Stripe’s', () => {
  test('that is signed is handed to payments-service, under its own tenant, and answered 200', async () => {
    const callback = stripe.callback(intentId, 'payment_intent.succeeded');
    const response = await post(callback);
    expect([response.status, await response.json()]).toEqual([200, { received: true }]);
    await passedOnTimes(1);
    expect(passedOn()).toEqual([
      expect.objectContaining({
        tenantid: 'cafe',
        subject: paymentId,
        data: {
          provider: 'stripe',
          orderId,
          paymentId,
          callId: JSON.parse(callback.body).id,
          type: 'payment_intent.succeeded',
          about: 'charge',
        },
      }),
    ]);
    // Durable: it waits for payments-service however long that is away.
    expect(passedOn()[0]).not.toHaveProperty('expirytime');
  });

  test.each([
    [
      'signed with another secret',
      () => stripe.callback(intentId, 'payment_intent.succeeded', 'whsec_other'),
    ],
    [
      'signed long ago',
      () =>
        stripe.callback(
          intentId,
          'payment_intent.succeeded',
          stripe.webhookSecret,
          new Date(Date.now() - 10 * MINUTE_MS),
        ),
    ],
    [
      'changed on the way',
      () => {
        const callback = stripe.callback(intentId, 'payment_intent.payment_failed');
        return { ...callback, body: callback.body.replace('payment_failed', 'succeeded') };
      },
    ],
    [
      'changed in its white space alone',
      () => {
        const callback = stripe.callback(intentId, 'payment_intent.succeeded');
        return { ...callback, body: `${callback.body} ` };
      },
    ],
    [
      'not signed',
      () => ({
        ...stripe.callback(intentId, 'payment_intent.succeeded'),
        headers: { 'content-type': 'application/json' },
      }),
    ],
    [
      'empty',
      () => ({
        body: '',
        headers: { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=00' },
      }),
    ],
  ])('that is %s is refused with 400 and changes nothing', async (_, forge) => {
    const before = passedOn().length;
    const response = await post(forge());
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'SIGNATURE_INVALID', status: 400 });
    expect(passedOn()).toHaveLength(before);
  });

  test('about a payment that is not ours is received and left alone', async () => {
    const before = passedOn().length;
    const foreign = [
      await openIntent({}),
      await openIntent({ orderId: 'A-17', tenantId: 'default', paymentId }),
    ];
    for (const id of foreign) {
      const response = await post(stripe.callback(id, 'payment_intent.succeeded'));
      expect([response.status, await response.json()]).toEqual([200, { received: true }]);
    }
    // One that is ours comes after whatever the foreign ones might have sent.
    await post(stripe.callback(intentId, 'payment_intent.succeeded'));
    await passedOnTimes(before + 1);
    expect(passedOn()).toHaveLength(before + 1);
  });

  /** A body that Stripe's own package signs. */
  const signed = (body: string, contentType = 'application/json') => ({
    body,
    headers: {
      'content-type': contentType,
      'stripe-signature': Stripe.webhooks.generateTestHeaderString({
        payload: body,
        secret: stripe.webhookSecret,
      }),
    },
  });
  const bodyOf = (type: string, object: object) =>
    JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });
  const event = (type: string, object: object) => signed(bodyOf(type, object));
  const calls = async () => {
    const counted = await register.getSingleMetric('comanda_payment_provider_calls_total')?.get();
    return Object.fromEntries(counted?.values.map(({ labels, value }) => [labels.type, value]) ?? []);
  };

  const REFUND = { object: 'refund', id: 're_1', payment_intent: 'pi_1', charge: 'ch_1' };
  const DISPUTE = { object: 'dispute', id: 'dp_1', payment_intent: 'pi_1', charge: 'ch_1' };
  const byIntent = { reference: 'pi_1' };
  test.each([
    ['refund.created', REFUND, byIntent],
    ['refund.updated', REFUND, byIntent],
    ['refund.failed', REFUND, byIntent],
    ['charge.refund.updated', REFUND, byIntent],
    ['refund.updated', { ...REFUND, payment_intent: null }, { charge: 'ch_1' }],
    [
      'refund.updated',
      { ...REFUND, payment_intent: { id: 'pi_2', object: 'payment_intent' } },
      { reference: 'pi_2' },
    ],
    ['charge.refunded', { object: 'charge', id: 'ch_1', payment_intent: 'pi_1', metadata: {} }, byIntent],
    ['charge.refunded', { object: 'charge', id: 'ch_1', payment_intent: null }, { charge: 'ch_1' }],
    ['charge.dispute.created', DISPUTE, byIntent],
    ['charge.dispute.updated', DISPUTE, byIntent],
    ['charge.dispute.closed', DISPUTE, byIntent],
    ['charge.dispute.funds_withdrawn', DISPUTE, byIntent],
    ['charge.dispute.funds_reinstated', { ...DISPUTE, payment_intent: null }, { charge: 'ch_1' }],
  ])('about money that went back is handed on, whoever it belongs to: %s', async (type, object, names) => {
    expect((await post(event(type, object))).status).toBe(200);
    await passedOnTimes(1);
    const data = { provider: 'stripe', callId: 'evt_1', type, about: 'money-back', ...names };
    expect(passedOn()).toEqual([expect.objectContaining({ tenantid: 'no-tenant', data })]);
  });

  test('about a refund that names its order comes under its tenant', async () => {
    const metadata = { tenantId: 'cafe', orderId, paymentId, refundId: newId(), attempt: '1' };
    expect((await post(event('refund.failed', { ...REFUND, metadata }))).status).toBe(200);
    await passedOnTimes(1);
    const data = { about: 'money-back', reference: 'pi_1', orderId, paymentId };
    expect(passedOn()).toEqual([
      expect.objectContaining({ tenantid: 'cafe', subject: paymentId, data: expect.objectContaining(data) }),
    ]);
  });

  const V2 = {
    ...{ id: 'evt_1', object: 'v2.core.event', type: 'v2.core.event_destination.ping' },
    ...{ created: '2026-01-01T00:00:00.000Z', data: {} },
  };
  test.each([
    ['of the second API', JSON.stringify(V2), V2.type],
    ['of a type that nobody knows', JSON.stringify({ id: 'evt_1', type: 'moon.risen' }), 'moon.risen'],
    ['about a customer', bodyOf('customer.created', { object: 'customer', id: 'cus_1' }), 'customer.created'],
    [
      'about a charge that is only captured',
      bodyOf('charge.succeeded', { object: 'charge', id: 'ch_1' }),
      'charge.succeeded',
    ],
    ['about a refund of nothing', bodyOf('refund.created', { object: 'refund' }), 'refund.created'],
    ['whose object is a text', '{"id":"evt_1","type":"a.b","data":{"object":"x"}}', 'a.b'],
    [
      'with a member __proto__',
      '{"id":"evt_1","type":"a.proto","__proto__":{"x":1},"data":{"object":{"object":"x","constructor":{"prototype":1}}}}',
      'a.proto',
    ],
    [
      'that is longer than what others may send',
      JSON.stringify({ ...V2, type: 'a.long', data: 'x'.repeat(200_000) }),
      'a.long',
    ],
    ['that is no JSON', '{"id":"evt_1",', 'unread'],
    ['that is a number', '42', 'unread'],
    ['that is null', 'null', 'unread'],
    ['that is a list', '[]', 'unread'],
    ['without a type', '{"id":"evt_1"}', 'unread'],
    ['whose type is an object', '{"id":"evt_1","type":{}}', 'unread'],
    ['whose type is a line', '{"id":"evt_1","type":"a\\nb"}', 'unread'],
    ['whose id is a letter of another alphabet', '{"id":"é","type":"a.b"}', 'unread'],
    ['nested ten thousand deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'unread'],
    ['that is half a surrogate pair', '{"id":"\\ud83d","type":"a.b"}', 'unread'],
    ['of blanks', '  ', 'unread'],
  ])('that is signed is taken, counted as what it is and left alone: one %s', async (_, body, type) => {
    const before = (await calls())[type] ?? 0;
    for (const contentType of ['application/json', 'text/plain; charset=iso-8859-1']) {
      const response = await post(signed(body, contentType));
      expect([response.status, await response.json()]).toEqual([200, { received: true }]);
    }
    expect((await calls())[type]).toBe(before + 2);
    expect(passedOn()).toEqual([]);
  });

  test.each(
    [
      [
        '',
        't=1',
        'v1=00',
        't=,v1=',
        't=x,v1=00',
        't=1,v0=00',
        'garbage',
        ',,,',
        '=',
        't=99999999999999999999,v1=00',
      ],
    ].flat(),
  )('with the signature "%s" is refused with 400 and not counted', async (signature) => {
    const before = await calls();
    const body = bodyOf('refund.created', REFUND);
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    expect((await post({ body, headers })).status).toBe(400);
    expect(await calls()).toEqual(before);
    expect(passedOn()).toEqual([]);
  });

  test('needs no token, and an old one does not matter', async () => {
    const { body, headers } = stripe.callback(intentId, 'payment_intent.succeeded');
    const response = await post({ body, headers: { ...headers, authorization: 'Bearer old' } });
    expect(response.status).toBe(200);
  });

  test('is logged with the ids of both sides and without the secret', () => {
    const lines = gateway.log.filter(({ msg }) => msg === 'the payment provider has news of a payment');
    expect(lines[0]).toMatchObject({
      callId: expect.stringMatching(/^evt_/),
      orderId,
      paymentId,
      tenantId: 'cafe',
    });
    expect(JSON.stringify(gateway.log)).not.toContain(stripe.webhookSecret);
  });
});

test('without a secret there is no such place', async () => {
  const plain = new ServicesAndGateway();
  await plain.start();
  try {
    const { body, headers } = stripe.callback(intentId, 'payment_intent.succeeded');
    const response = await fetch(`${plain.gateway.url}${PATH}`, { method: 'POST', body, headers });
    expect([response.status, await response.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'NOT_FOUND' }),
    ]);
    await plain.services.caughtUp();
    expect(plain.services.commands('payments.providerCalled')).toEqual([]);
  } finally {
    await plain.stop();
  }
});
