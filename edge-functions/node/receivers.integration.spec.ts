import { randomBytes } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { freePort } from '@comanda/local-infra';
import { readConfig } from '@comanda/service-kit';
import { HttpServer } from '@comanda/test-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { ReceiversConfig } from './config.js';
import { type RunningReceivers, startReceivers } from './start-receivers.js';

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const loggerSecret = newSecret();
const notifierSecret = newSecret();
const telegramMessage = z.object({
  chat_id: z.string(),
  text: z.string(),
  parse_mode: z.literal('HTML'),
  link_preview_options: z.object({ is_disabled: z.literal(true) }),
});

let telegram: HttpServer;
let messages: z.output<typeof telegramMessage>[];
/** `cut`: the connection ends within the body. */
let telegramAnswers: { readonly status: number; readonly body: unknown; readonly cut?: true }[];
let errors: unknown[];
let receivers: RunningReceivers;

beforeEach(async () => {
  messages = [];
  telegramAnswers = [];
  errors = [];
  telegram = await HttpServer.start(async (request, response) => {
    messages.push(telegramMessage.parse(await json(request)));
    const answer = telegramAnswers.shift() ?? { status: 200, body: { ok: true, result: { message_id: 1 } } };
    if (answer.cut) {
      response.writeHead(answer.status, { 'content-length': '900' }).write('{"ok":');
      response.socket?.end();
    } else response.writeHead(answer.status).end(JSON.stringify(answer.body));
  });
  const config = readConfig(ReceiversConfig, {
    LOGGER_RECEIVER_PORT: String(await freePort()),
    NOTIFIER_RECEIVER_PORT: String(await freePort()),
    LOGGER_RECEIVER_SECRET: loggerSecret,
    NOTIFIER_RECEIVER_SECRET: notifierSecret,
    LOGGER_DATABASE: ':memory:',
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_BOT_TOKEN: '123:token',
    TELEGRAM_CHAT_ID: '42',
  });
  receivers = await startReceivers(config, (error) => errors.push(error));
});

afterEach(async () => {
  await receivers.stop();
  await telegram.stop();
  expect(errors).toEqual([]);
});

const order = (id: string) => ({
  id,
  type: 'order.confirmed',
  timestamp: '2026-01-02T03:04:05Z',
  tenantId: 'default',
  subject: 'o-1',
  subjectType: 'order',
  sequence: 3,
  apiVersion: 'v1',
  data: { orderId: '<o-1>', totalAmount: 1250, currency: 'EUR' },
});

/** The headers as the reference library signs them. */
function signed(id: string, body: string, secret: string): Record<string, string> {
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  };
}

async function deliver(url: string, secret: string, event: ReturnType<typeof order>) {
  const body = JSON.stringify(event);
  const response = await fetch(url, { method: 'POST', headers: signed(event.id, body, secret), body });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.text(),
  };
}

describe('the logger, as it is served', () => {
  test('stores each event once and lists it', async () => {
    const url = receivers.loggerUrl;
    expect(await deliver(url, loggerSecret, order('evt-1'))).toMatchObject({
      status: 200,
      body: '{"stored":true}',
    });
    expect(await deliver(url, loggerSecret, order('evt-1'))).toMatchObject({
      status: 200,
      body: '{"duplicate":true}',
    });
    expect(await deliver(url, notifierSecret, order('evt-2'))).toMatchObject({ status: 401 });
    const listed = await (await fetch(`${url}/events`)).json();
    expect(listed).toEqual({
      items: [
        {
          id: 'evt-1',
          type: 'order.confirmed',
          timestamp: '2026-01-02T03:04:05Z',
          tenantId: 'default',
          subject: 'o-1',
          sequence: 3,
          data: order('evt-1').data,
          receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      ],
    });
    expect(await (await fetch(`${url}/events?type=order.created`)).json()).toEqual({ items: [] });
  });

  test('stores one of many copies that come at the same time', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () => deliver(receivers.loggerUrl, loggerSecret, order('evt-1'))),
    );
    const bodies = results.map(({ body }) => body);
    expect(bodies.filter((body) => body === '{"stored":true}')).toHaveLength(1);
    expect(bodies.filter((body) => body === '{"duplicate":true}')).toHaveLength(19);
  });

  test('answers 413 to a body that is too large, also without a stated length', async () => {
    const headers = signed('evt-1', '', loggerSecret);
    const large = await fetch(receivers.loggerUrl, { method: 'POST', headers, body: 'x'.repeat(300_000) });
    expect(large.status).toBe(413);
    const chunks = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let n = 0; n < 6; n++) controller.enqueue(new Uint8Array(64 * 1024));
        controller.close();
      },
    });
    const chunked = await fetch(receivers.loggerUrl, {
      method: 'POST',
      headers,
      body: chunks,
      duplex: 'half',
    });
    expect(chunked.status).toBe(413);
  });
});

describe('the notifier, as it is served', () => {
  const notify = (event: ReturnType<typeof order>) => deliver(receivers.notifierUrl, notifierSecret, event);

  test('notifies the chat once, with all data escaped', async () => {
    expect(await notify(order('evt-1'))).toMatchObject({
      status: 200,
      body: '{"sent":1,"duplicate":false,"refused":0}',
    });
    expect(await notify(order('evt-1'))).toMatchObject({
      status: 200,
      body: expect.stringContaining('"duplicate":true'),
    });
    expect(messages).toEqual([
      {
        chat_id: '42',
        text: '<b>✅ Order confirmed</b>\n12.50 EUR\norderId: &lt;o-1&gt;',
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
      },
    ]);
  });

  test('passes on how long Telegram wants it to wait, and notifies on the next attempt', async () => {
    telegramAnswers = [{ status: 429, body: { ok: false, parameters: { retry_after: 9 } } }];
    expect(await notify(order('evt-1'))).toMatchObject({ status: 503, retryAfter: '9' });
    expect(await notify(order('evt-1'))).toMatchObject({
      status: 200,
      body: expect.stringContaining('"sent":1'),
    });
    expect(messages).toHaveLength(2);
  });

  test.each([
    ['35', 35],
    ['soon', 1],
    [99_999_999_999, 3_600],
    [-1, 1],
  ])('passes on a wish of %j as %i seconds', async (retry_after, seconds) => {
    telegramAnswers = [{ status: 429, body: { ok: false, parameters: { retry_after } } }];
    expect(await notify(order('evt-1'))).toMatchObject({ status: 503, retryAfter: String(seconds) });
  });

  test('notifies once when the answer that says so is cut off', async () => {
    telegramAnswers = [{ status: 200, body: '', cut: true }];
    for (const said of ['"sent":1', '"duplicate":true'])
      expect(await notify(order('evt-1'))).toMatchObject({
        status: 200,
        body: expect.stringContaining(said),
      });
    expect(messages).toHaveLength(1);
  });

  test('goes after a group that became a supergroup, once', async () => {
    const upgraded = { status: 400, body: { ok: false, parameters: { migrate_to_chat_id: -1001 } } };
    telegramAnswers = [upgraded];
    expect(await notify(order('evt-1'))).toMatchObject({ body: expect.stringContaining('"sent":1') });
    telegramAnswers = [upgraded, upgraded];
    expect(await notify(order('evt-2'))).toMatchObject({ body: expect.stringContaining('"refused":1') });
    expect(messages.map(({ chat_id }) => chat_id)).toEqual(['42', '-1001', '42', '-1001']);
  });

  test('does not ask again when Telegram will never take it', async () => {
    telegramAnswers = [{ status: 403, body: { ok: false, description: 'bot was blocked' } }];
    expect(await notify(order('evt-1'))).toMatchObject({
      status: 200,
      body: expect.stringContaining('"refused":1'),
    });
    expect(await notify(order('evt-1'))).toMatchObject({
      status: 200,
      body: expect.stringContaining('"duplicate":true'),
    });
    expect(messages).toHaveLength(1);
  });

  test('asks the sender to come again when Telegram can not be reached', async () => {
    await telegram.stop();
    expect(await notify(order('evt-1'))).toMatchObject({ status: 503, retryAfter: '1' });
  });

  test('notifies once when copies come at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => notify(order('evt-1'))));
    expect(messages).toHaveLength(1);
    const others = results.filter(({ status }) => status !== 200 && status !== 503);
    expect(others).toEqual([]);
  });
});

test('both tell that they are well, and know no other page', async () => {
  for (const url of [receivers.loggerUrl, receivers.notifierUrl]) {
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    expect((await fetch(`${url}/other`)).status).toBe(405);
  }
});
