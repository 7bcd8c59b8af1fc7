import { newId, textReportsUrl } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { type SentText, TwilioStub } from '@comanda/stand-ins';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { register } from 'prom-client';
import { useServicesAndGateway } from '../../test/services-and-gateway.js';

/** A proxy takes the beginning of the path away. */
const PUBLIC_URL = 'https://shop.example/comanda';
let twilio: TwilioStub;
let text: SentText;
let delivery: string;

const { services, gateway } = useServicesAndGateway(async () => {
  twilio = await TwilioStub.start();
  return { TWILIO_AUTH_TOKEN: twilio.authToken, PUBLIC_URL: `${PUBLIC_URL}/` };
});
afterAll(() => twilio?.stop());
beforeEach(() => {
  delivery = newId();
  text = sent({ delivery });
});

const sent = (about: { readonly delivery: string; readonly order?: string }): SentText => ({
  ...{ sid: `SM${'a'.repeat(32)}`, to: '+34600123456', from: twilio.from, body: 'Your order' },
  statusCallback: textReportsUrl(PUBLIC_URL, { tenant: 'cafe', ...about }),
});
const post = ({ url, body, headers }: ReturnType<TwilioStub['callback']>) =>
  fetch(url.replace(PUBLIC_URL, gateway.url), { method: 'POST', body, headers });
const statusOf = async (...report: Parameters<TwilioStub['callback']>) =>
  (await post(twilio.callback(...report))).status;
const passedOn = () => services.commands('webhooks.takeTextReport');
const passedOnTimes = (times: number) =>
  until(`webhook-publisher was told ${times} times`, () => passedOn().length >= times);

describe('a report of Twilio’s', () => {
  test('that is signed is handed to webhook-publisher, under the tenant of the text, and answered 204', async () => {
    expect(await statusOf(text, 'undelivered', 30005)).toBe(204);
    const order = newId();
    expect(await statusOf(sent({ delivery, order }), 'delivered')).toBe(204);
    await passedOnTimes(2);
    const about = { tenantid: 'cafe', subject: delivery };
    const { sid } = text;
    expect(passedOn()).toEqual([
      expect.objectContaining({
        ...about,
        data: { deliveryId: delivery, sid, status: 'undelivered', errorCode: 30005 },
      }),
      expect.objectContaining({
        ...about,
        data: { deliveryId: delivery, orderId: order, sid, status: 'delivered' },
      }),
    ]);
    // Durable: it waits for webhook-publisher however long that is away.
    for (const command of passedOn()) expect(command).not.toHaveProperty('expirytime');
  });

  type Callback = ReturnType<TwilioStub['callback']>;
  test.each<[string, (call: Callback) => Callback]>([
    ['not signed', ({ headers: { 'x-twilio-signature': _, ...headers }, ...call }) => ({ ...call, headers })],
    ['changed on the way', (call) => ({ ...call, body: call.body.replaceAll('undelivered', 'delivered') })],
    ['about another text', (call) => ({ ...call, url: call.url.replace('cafe', 'north') })],
    ['about something more', (call) => ({ ...call, url: `${call.url}&order=${newId()}` })],
    ['empty', (call) => ({ ...call, body: '' })],
  ])('that is %s is refused with 403 and changes nothing', async (_, forge) => {
    const response = await post(forge(twilio.callback(text, 'undelivered', 30003)));
    expect([response.status, await response.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'SIGNATURE_INVALID' }),
    ]);
    expect(await statusOf(text, 'sent')).toBe(204);
    await passedOnTimes(1);
    expect(passedOn()).toHaveLength(1);
  });

  test('of no interest, or that is none, is received, counted and left alone', async () => {
    const counted = async () =>
      (await register.getSingleMetric('comanda_text_reports_total')?.get())?.values.find(
        ({ labels }) => labels.status === 'other',
      )?.value ?? 0;
    const before = await counted();
    expect(await statusOf(text, 'accepted')).toBe(204);
    expect(await statusOf({ ...text, sid: 'CA1' }, 'delivered')).toBe(204);
    expect(
      await statusOf({ ...text, statusCallback: `${PUBLIC_URL}/api/v1/sms-callbacks/twilio` }, 'sent'),
    ).toBe(204);
    expect(await counted()).toBe(before + 2);
    expect(await statusOf(text, 'sent', 12345678)).toBe(204);
    await passedOnTimes(1);
    expect(passedOn()).toEqual([
      expect.objectContaining({ data: { deliveryId: delivery, sid: text.sid, status: 'sent' } }),
    ]);
  });
});
