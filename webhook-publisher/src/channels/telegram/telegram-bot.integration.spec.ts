import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { HttpServer } from '@comanda/test-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { EVERYWHERE } from '../http/address-rules.js';
import { SafeHttpClient } from '../http/safe-http-client.js';
import { TelegramBot } from './telegram-bot.js';

const NOW = 1_700_000_000_000;
const token = '123:secret-token';
const message = { chatId: '-42', html: '<b>17</b> orders confirmed' };

let server: HttpServer;
let http: SafeHttpClient;
let answer: RequestListener;
let calls: { readonly url: string | undefined; readonly body: unknown }[];
beforeAll(async () => {
  http = new SafeHttpClient({ rules: EVERYWHERE, connectTimeoutMs: 1_000 });
  server = await HttpServer.start(async (request, response) => {
    calls.push({ url: request.url, body: JSON.parse(await text(request)) });
    answer(request, response);
  });
});
beforeEach(() => {
  calls = [];
});
afterAll(async () => {
  http.close();
  await server.stop();
});

let now = NOW;
const bot = (timeoutMs = 5_000) =>
  new TelegramBot({ http, token, apiRoot: server.url, timeoutMs, clock: () => new Date(now) });
const says =
  (status: number, body: string | object, headers = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const refuses = (error_code: number, description: string, parameters: object = {}, headers = {}) =>
  says(error_code, { ok: false, error_code, description, parameters }, headers);

describe('the Telegram bot', () => {
  test('sends HTML to the chat and keeps the message id', async () => {
    answer = says(200, { ok: true, result: { message_id: 7, date: 1, chat: { id: 42, type: 'private' } } });
    const result = await bot().send(message);
    expect(result).toEqual({
      kind: 'response',
      status: 200,
      body: '{"messageId":7}',
      durationMs: expect.any(Number),
    });
    expect(calls).toEqual([
      {
        url: `/bot${token}/sendMessage`,
        body: {
          chat_id: '-42',
          text: '<b>17</b> orders confirmed',
          parse_mode: 'HTML',
          link_preview_options: { is_disabled: true },
        },
      },
    ]);
  });

  const NOT_FOUND = 'Bad Request: chat not found';
  const BLOCKED = 'Forbidden: bot was blocked by the user';
  const answers: readonly (readonly [string, RequestListener, Readonly<Record<string, unknown>>])[] = [
    [
      'does not know the chat',
      refuses(400, NOT_FOUND),
      { kind: 'refused', status: 400, detail: NOT_FOUND, gone: `Telegram answered 400 ${NOT_FOUND}` },
    ],
    [
      'was blocked',
      refuses(403, BLOCKED),
      { kind: 'refused', status: 403, detail: BLOCKED, gone: `Telegram answered 403 ${BLOCKED}` },
    ],
    [
      'became a supergroup',
      refuses(400, 'group upgraded', { migrate_to_chat_id: -1001234567890 }),
      { kind: 'moved', status: 400, target: '-1001234567890' },
    ],
    [
      'became a supergroup, its id as text',
      refuses(400, 'group upgraded', { migrate_to_chat_id: '-1001234567890' }),
      { kind: 'moved', target: '-1001234567890' },
    ],
    [
      'names a new chat that is none',
      refuses(400, 'group upgraded', { migrate_to_chat_id: 'https://evil.example' }),
      { kind: 'refused', status: 400 },
    ],
    ['is broken', refuses(500, 'Internal Server Error'), { kind: 'response', status: 500 }],
    [
      'says 200 and means another code',
      says(200, { ok: false, error_code: 502, description: 'upstream' }),
      { kind: 'response', status: 502, body: 'upstream' },
    ],
    ['says ok: false and no more', says(200, { ok: false }), { kind: 'response', status: 500 }],
    [
      'does not know the token',
      refuses(401, 'Unauthorized'),
      { kind: 'response', status: 401, note: expect.stringContaining('TELEGRAM_BOT_TOKEN') },
    ],
    [
      'answers 200 with a page of HTML',
      says(200, '<html>'),
      { kind: 'response', status: 200, body: '', note: 'the answer is none of the Bot API' },
    ],
    [
      'answers 404 with a page that repeats the URL',
      says(404, `/bot${token}/sendMessage was not found`),
      { kind: 'response', status: 404, body: '' },
    ],
    ['repeats the token', refuses(400, `bad ${token}`), { kind: 'refused', detail: 'bad [token]' }],
    [
      'has taken it, and its answer is cut off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '500' }).write('{"ok":true,"result":{"mess');
        response.socket?.end();
      },
      { kind: 'response', status: 200, note: expect.stringContaining('what followed the status') },
    ],
  ];
  test.each(answers)('of an API that %s', async (_what, listener, expected) => {
    answer = listener;
    const result = await bot().send(message);
    expect(result).toMatchObject(expected);
    expect(JSON.stringify(result)).not.toContain(token);
    expect(calls).toHaveLength(1);
  });

  const waits: readonly { wish: unknown; seconds?: number; note?: string }[] = [
    { wish: 35, seconds: 35 },
    { wish: '35', seconds: 35 },
    { wish: '0007', seconds: 7 },
    { wish: 99_999_999_999, seconds: 99_999_999_999 },
    { wish: -1, note: 'Retry-After is not understood: "-1"' },
    { wish: 'soon', note: 'Retry-After is not understood: "soon"' },
    { wish: undefined },
    { wish: [1] },
  ];
  test.each(waits)(
    'waits after a 429 with retry_after $wish',
    async ({ wish: retry_after, seconds, note }) => {
      answer = refuses(429, 'Too Many Requests', { retry_after });
      expect(await bot().send(message)).toEqual({
        kind: 'response',
        status: 429,
        body: 'Too Many Requests',
        durationMs: expect.any(Number),
        ...(seconds !== undefined && { retryAt: NOW + seconds * 1000 }),
        ...(note !== undefined && { note }),
      });
    },
  );

  test('takes the later of the header and the parameter', async () => {
    answer = refuses(429, '', { retry_after: 5 }, { 'retry-after': '60' });
    expect(await bot().send(message)).toMatchObject({ retryAt: NOW + 60_000 });
  });

  test.each([
    [35, 35_000],
    [99_999_999_999, 3_600_000],
  ])('leaves the chat alone until then, but no longer than an hour (%i s)', async (retry_after, held) => {
    answer = refuses(429, 'Too Many Requests', { retry_after });
    const patient = bot();
    await patient.send(message);
    now += 5_000;
    expect(await patient.send(message)).toMatchObject({ kind: 'not-attempted', retryAfterMs: held - 5_000 });
    expect(calls).toHaveLength(1);
    now += held - 5_000;
    expect(await patient.send(message)).toMatchObject({ status: 429 });
    expect(calls).toHaveLength(2);
    now = NOW;
  });

  test('answers at once, unsent, when the chat had a message within the second', async () => {
    answer = says(200, { ok: true, result: { message_id: 1 } });
    const one = bot();
    const results = await Promise.all([one.send(message), one.send(message)]);
    expect(results).toMatchObject([{ status: 200 }, { kind: 'not-attempted', retryAfterMs: 1_000 }]);
    expect(calls).toHaveLength(1);
  });

  test.each<[string, RequestListener, string]>([
    ['hangs', () => {}, 'timeout'],
    ['hangs up', (request) => void request.socket.destroy(), 'network'],
  ])('gives up a call that %s, and never shows the token', async (_what, listener, reason) => {
    answer = listener;
    const result = await bot(200).send(message);
    expect(result).toMatchObject({ kind: 'failure', reason });
    expect(JSON.stringify(result)).not.toContain(token);
  });
});
