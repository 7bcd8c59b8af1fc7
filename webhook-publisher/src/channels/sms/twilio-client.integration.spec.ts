import type { RequestListener } from 'node:http';
import { newId } from '@comanda/contracts';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { nextStep } from '../../domain/delivery-outcome.js';
import { HttpPeer } from '../../testing/http-peer.js';
import { EVERYWHERE } from '../http/address-rules.js';
import { SafeHttpClient } from '../http/safe-http-client.js';
import { TwilioClient } from './twilio-client.js';

const NOW = Date.parse('2027-02-02T00:00:00.000Z');
const accountSid = `AC${'0'.repeat(32)}`;
const authToken = 'the token of the account';
const ABOUT = { tenant: 'cafe', delivery: newId(), order: newId() };
const SID = `SM${'a'.repeat(32)}`;
const says =
  (status: number, body: object | string, headers = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
/** As Twilio documents its errors. */
const refuses = (status: number, code: number, message: string, headers = {}) =>
  says(status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, headers);
const taken = says(201, {
  sid: SID,
  status: 'queued',
  to: '+34600000000',
  body: 'not kept',
  error_code: null,
});

let peer: HttpPeer;
beforeEach(async () => {
  peer = await HttpPeer.start({
    'takes it': taken,
    fails: taken,
    throttles: taken,
    'refuses it for good': taken,
  });
});
afterEach(() => peer.stop());

const send = (listener: RequestListener, from = '+34911000000', publicUrl?: string) => {
  peer.say(listener);
  const http = new SafeHttpClient({ rules: EVERYWHERE, connectTimeoutMs: 1_000 });
  const client = new TwilioClient({
    ...{ http, accountSid, authToken, from, publicUrl, apiBase: peer.url, timeoutMs: 5_000 },
    clock: () => new Date(NOW),
  });
  return client.send({ to: '+34600000000', text: 'Order cancelled\nOrder o-1 & more', about: ABOUT });
};

test('a text goes to Twilio with the log-in of the account, as a form', async () => {
  expect(await send(taken)).toEqual({
    ...{ kind: 'response', status: 201, durationMs: expect.any(Number) },
    body: JSON.stringify({ sid: SID, status: 'queued' }),
  });
  expect(peer.requests).toHaveLength(1);
  const [{ request, body } = { request: undefined, body: '' }] = peer.requests;
  expect(request?.url).toBe(`/2010-04-01/Accounts/${accountSid}/Messages.json`);
  expect(request?.headers).toMatchObject({
    authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
    To: '+34600000000',
    From: '+34911000000',
    Body: 'Order cancelled\nOrder o-1 & more',
  });
});

test('Twilio is told where to tell what becomes of a text, if the world reaches us; then its id is kept', async () => {
  expect(await send(taken, '+34911000000', 'https://shop.example')).toMatchObject({ status: 201, sid: SID });
  expect(new URLSearchParams(peer.got[0]).get('StatusCallback')).toBe(
    `https://shop.example/api/v1/sms-callbacks/twilio?tenant=cafe&delivery=${ABOUT.delivery}&order=${ABOUT.order}`,
  );
  for (const listener of [refuses(400, 21211, 'no number'), says(201, '<html>')])
    expect(await send(listener, '+34911000000', 'https://shop.example')).not.toHaveProperty('sid');
});

test('a messaging service is named as such', async () => {
  await send(taken, `MG${'b'.repeat(32)}`);
  expect([...new URLSearchParams(peer.got[0]).keys()].sort()).toEqual(['Body', 'MessagingServiceSid', 'To']);
});

test.each([
  ['the number is none', 400, 21211, "The 'To' number is not a valid phone number.", 'disable'],
  ['its owner said STOP', 400, 21610, 'Attempt to send to unsubscribed recipient', 'disable'],
  ['it is no mobile', 400, 21614, "'To' number is not a valid mobile number", 'disable'],
  ['the text is too long', 400, 21617, 'The concatenated message body exceeds the limit', 'failed'],
  ['the token is wrong', 401, 20003, 'Authenticate', 'retry'],
  ['there were too many', 429, 20429, 'Too Many Requests', 'retry'],
  ['it is broken', 503, 20503, 'Service unavailable', 'retry'],
])('Twilio says that %s', async (_what, status, code, message, kind) => {
  const result = await send(refuses(status, code, message, status === 429 ? { 'retry-after': '30' } : {}));
  const step = nextStep(result, {
    ...{ failures: 0, skipped: 0, moved: false, scheduleSeconds: [1], now: NOW },
    random: () => 0.5,
  });
  expect(step).toMatchObject({
    kind,
    ...(kind === 'disable' && { why: `Twilio answered ${code} ${message}` }),
    ...(status === 429 && { dueAt: NOW + 30_000 }),
  });
  if (status === 401) expect(result).toMatchObject({ note: expect.stringContaining('TWILIO_AUTH_TOKEN') });
  expect(peer.requests).toHaveLength(1);
});

test('what was taken is not sent again for an answer that nobody can read', async () => {
  expect(await send(says(201, '<html>'))).toMatchObject({
    ...{ kind: 'response', status: 201, body: '' },
    note: 'the answer is none of Twilio’s',
  });
});

test('an answer that repeats the token is kept without it', async () => {
  const result = JSON.stringify(await send(refuses(400, 20001, `bad ${authToken}`)));
  expect(result).toContain('bad [secret]');
  expect(result).not.toContain(authToken);
});
