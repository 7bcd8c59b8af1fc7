import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { StripeStub } from '@comanda/stand-ins';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
    expect(plain.services.commands('payments.providerCalled')).toEqual([]);
  } finally {
    await plain.stop();
  }
}, 60_000);
