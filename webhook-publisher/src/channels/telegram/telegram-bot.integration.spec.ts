import type { RequestListener } from 'node:http';
import { json } from 'node:stream/consumers';
import { HttpServer } from '@comanda/test-kit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { TelegramBot } from './telegram-bot.js';

let server: HttpServer;

afterEach(() => server.stop());

async function botApi(listener: RequestListener): Promise<string> {
  server = await HttpServer.start(listener);
  return server.url;
}

const refusing =
  (error_code: number, description: string, parameters = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(error_code, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ok: false, error_code, description, parameters }));
  };

const message = { chatId: '42', html: '<b>17</b> orders confirmed' };
const token = '123:secret-token';
const botAt = (apiRoot: string, timeoutMs = 5_000) =>
  new TelegramBot({ token, apiRoot, timeoutMs, clock: () => new Date() });

describe('the Telegram bot', () => {
  test('sends HTML to the chat and keeps the message id', async () => {
    const calls: { url: string | undefined; body: unknown }[] = [];
    const apiRoot = await botApi(async (request, response) => {
      calls.push({ url: request.url, body: await json(request) });
      response.end(
        JSON.stringify({ ok: true, result: { message_id: 7, date: 1, chat: { id: 42, type: 'private' } } }),
      );
    });
    const result = await botAt(apiRoot).send(message);
    expect(result).toMatchObject({ kind: 'response', status: 200, body: '{"messageId":7}' });
    expect(calls).toEqual([
      {
        url: `/bot${token}/sendMessage`,
        body: {
          chat_id: '42',
          text: '<b>17</b> orders confirmed',
          parse_mode: 'HTML',
          link_preview_options: { is_disabled: true },
        },
      },
    ]);
  });

  test.each([
    [400, 'Bad Request: chat not found'],
    [403, 'Forbidden: bot was blocked by the user'],
  ])('takes %i for permanent', async (status, description) => {
    const apiRoot = await botApi(refusing(status, description));
    const result = await botAt(apiRoot).send(message);
    expect(result).toMatchObject({ kind: 'refused', status, detail: description });
  });

  test('passes on how long a 429 wants it to wait, and leaves the chat alone until then', async () => {
    let calls = 0;
    const apiRoot = await botApi((request, response) => {
      calls += 1;
      refusing(429, 'Too Many Requests: retry after 35', { retry_after: 35 })(request, response);
    });
    let now = 1_700_000_000_000;
    const bot = new TelegramBot({ token, apiRoot, timeoutMs: 5_000, clock: () => new Date(now) });
    expect(await bot.send(message)).toMatchObject({ kind: 'response', status: 429, retryAfter: '35' });
    now += 30_000;
    expect(await bot.send(message)).toMatchObject({
      kind: 'not-attempted',
      reason: 'throttled',
      retryAfterMs: 5_000,
    });
    expect(calls).toBe(1);
    now += 5_000;
    expect(await bot.send(message)).toMatchObject({ status: 429 });
    expect(calls).toBe(2);
  });

  test('answers at once, unsent, when the chat had a message within the second', async () => {
    let calls = 0;
    const apiRoot = await botApi((_request, response) => {
      calls += 1;
      response.end(JSON.stringify({ ok: true, result: { message_id: calls } }));
    });
    const now = 1_700_000_000_000;
    const bot = new TelegramBot({ token, apiRoot, timeoutMs: 5_000, clock: () => new Date(now) });
    const results = await Promise.all([bot.send(message), bot.send(message)]);
    expect(results).toMatchObject([{ status: 200 }, { kind: 'not-attempted', retryAfterMs: 1_000 }]);
    expect(calls).toBe(1);
  });

  test('takes a 500 for something to try again', async () => {
    const apiRoot = await botApi(refusing(500, 'Internal Server Error'));
    const result = await botAt(apiRoot).send(message);
    expect(result).toMatchObject({ kind: 'response', status: 500 });
  });

  test('gives up a call that hangs', async () => {
    const apiRoot = await botApi(() => {});
    const result = await botAt(apiRoot, 200).send(message);
    expect(result).toMatchObject({ kind: 'failure', reason: 'timeout' });
  });

  test('gives up a call whose answer drips', async () => {
    const apiRoot = await botApi((_request, response) => {
      const drip = setInterval(() => response.write(' '), 30);
      response.on('close', () => clearInterval(drip));
    });
    const result = await botAt(apiRoot, 200).send(message);
    expect(result).toMatchObject({ kind: 'failure', reason: 'timeout' });
  });

  test.each([
    ['hangs up', (request: { socket: { destroy(): void } }) => request.socket.destroy()],
    ['answers a page of HTML', (_: unknown, response: { end(text: string): void }) => response.end('<html>')],
  ])('takes a peer that %s for a network failure, and never shows the token', async (_what, listener) => {
    const apiRoot = await botApi(listener as RequestListener);
    const result = await botAt(apiRoot).send(message);
    expect(result).toMatchObject({ kind: 'failure', reason: 'network' });
    expect(JSON.stringify(result)).not.toContain('secret-token');
  });
});
