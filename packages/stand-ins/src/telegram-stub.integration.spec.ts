import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTelegramStub, type TelegramStub } from './telegram-stub.js';

describe('the Telegram stub', () => {
  let stub: TelegramStub;

  beforeEach(async () => {
    stub = await startTelegramStub();
  });

  afterEach(() => stub.stop());

  const send = (body: object, signal?: AbortSignal): Promise<Response> =>
    fetch(`${stub.url}/bot123:abc/sendMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal !== undefined && { signal }),
    });

  it('keeps what it was sent as JSON', async () => {
    const response = await send({ chat_id: 42, text: 'Order confirmed', parse_mode: 'HTML' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      ok: true,
      result: {
        message_id: 1,
        date: expect.any(Number),
        chat: { id: 42, type: 'private' },
        text: 'Order confirmed',
      },
    });
    expect(stub.messages).toEqual([
      expect.objectContaining({ token: '123:abc', chatId: '42', text: 'Order confirmed' }),
    ]);
    expect(await (await fetch(`${stub.url}/messages`)).json()).toEqual({ items: stub.messages });
  });

  it('takes a form as well', async () => {
    const body = new URLSearchParams({ chat_id: '42', text: 'hello' });
    expect((await fetch(`${stub.url}/bot1/sendMessage`, { method: 'POST', body })).status).toBe(200);
    expect(stub.messages.map(({ text }) => text)).toEqual(['hello']);
  });

  it('refuses a message without text, and a method that it does not know', async () => {
    expect((await send({ chat_id: 42 })).status).toBe(400);
    expect((await fetch(`${stub.url}/bot1/sendPhoto`, { method: 'POST' })).status).toBe(404);
    expect(stub.messages).toEqual([]);
  });

  it('asks to wait as often as it was told, then accepts', async () => {
    stub.behave({ kind: 'error', code: 429, retryAfter: 3, times: 1 });
    const refused = await send({ chat_id: 42, text: 'a' });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual({
      ok: false,
      error_code: 429,
      description: 'Too Many Requests',
      parameters: { retry_after: 3 },
    });
    expect((await send({ chat_id: 42, text: 'a' })).status).toBe(200);
    expect(stub.calls).toBe(2);
    expect(stub.messages).toHaveLength(1);
  });

  it('holds a poll until somebody writes, gives each update until it is confirmed, and has one poll at a time', async () => {
    const poll = async (body: object) =>
      (
        await fetch(`${stub.url}/bot1/getUpdates`, { method: 'POST', body: new URLSearchParams({ ...body }) })
      ).json();
    expect(await poll({})).toEqual({ ok: true, result: [] });
    const first = poll({ timeout: '60' });
    while (stub.polls.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const second = poll({ timeout: '60' });
    expect(await first).toMatchObject({ ok: false, error_code: 409 });
    stub.write({ chatId: 42, text: '/stock', date: 7 });
    const update = {
      update_id: 1001,
      message: { message_id: 1001, date: 7, chat: { id: 42, type: 'private' }, text: '/stock' },
    };
    expect(await second).toEqual({ ok: true, result: [update] });
    expect(await poll({})).toEqual({ ok: true, result: [update] });
    expect(await poll({ offset: '1002' })).toEqual({ ok: true, result: [] });
    expect(await poll({})).toEqual({ ok: true, result: [] });
    expect(stub.polls).toEqual([0, 0, 0, 0, 1002, 0]);
  });

  it('can leave a call without an answer', async () => {
    stub.behave({ kind: 'hang' });
    const patience = new AbortController();
    const call = send({ chat_id: 42, text: 'a' }, patience.signal);
    while (stub.calls === 0) await new Promise((resolve) => setImmediate(resolve));
    patience.abort();
    await expect(call).rejects.toThrow();
    expect(stub.messages).toEqual([]);
  });
});
