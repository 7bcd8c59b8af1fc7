import { ConfigurationError, readConfig } from '@comanda/service-kit';
import { describe, expect, test } from '@jest/globals';
import { WebhooksConfig } from './config.js';
import { JITTER } from './domain/delivery-outcome.js';
import { DISABLE_AFTER_MS } from './domain/failing-subscription.js';

const WEBHOOK_ENCRYPTION_KEYS = 'one:f2b7c1d4e8a9035612bc7de84f09a1b3c5d7e9f0';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(WebhooksConfig, { WEBHOOK_ENCRYPTION_KEYS, ...environment });
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

describe('the networks to which webhooks may go', () => {
  test.each(['10.20.0.0/16', '10.20.0.0/16, fd12::/16', '127.0.0.0/8,::1/128'])('can be %s', (list) => {
    expect(problemsOf({ WEBHOOK_ALLOWED_CIDRS: list })).toEqual([]);
  });

  test.each(['true', '10.20.0.0', '10.20.0.1/16', '10.20.0.0/16;fd12::/16'])(
    '%s stops the start with one line',
    (list) => {
      expect(problemsOf({ WEBHOOK_ALLOWED_CIDRS: list })).toEqual([
        expect.stringMatching(/^WEBHOOK_ALLOWED_CIDRS: ".+" is /),
      ]);
    },
  );

  test('are loopback in the demo, or a part of it', () => {
    for (const list of ['', '127.0.0.0/8', '127.0.0.1/32,::1/128'])
      expect(problemsOf({ COMANDA_DEMO: 'true', WEBHOOK_ALLOWED_CIDRS: list })).toEqual([]);
    for (const list of [
      '10.0.0.0/8',
      '127.0.0.0/7',
      '126.0.0.0/7,::1/128',
      '127.0.0.0/8,fc00::/7',
      '0.0.0.0/0',
    ])
      expect(problemsOf({ COMANDA_DEMO: 'true', WEBHOOK_ALLOWED_CIDRS: list })).toHaveLength(1);
  });
});

const read = (environment: Record<string, string>) =>
  readConfig(WebhooksConfig, { COMANDA_DEMO: 'true', ...environment });

test('the token of the Telegram bot never leaves this machine in the clear', () => {
  expect(() => read({ TELEGRAM_API_ROOT: 'http://telegram.example' })).toThrow(
    /^TELEGRAM_API_ROOT: must be https, except on loopback$/,
  );
  for (const url of ['https://telegram.example', 'http://127.0.0.1:8081', 'http://localhost:8081'])
    expect(read({ TELEGRAM_API_ROOT: url }).TELEGRAM_API_ROOT).toBe(url);
});

test('a chat for the staff must be one, and needs a bot', () => {
  const [bot, chat] = [{ TELEGRAM_BOT_TOKEN: '1:a' }, { TELEGRAM_CHAT_ID: '-100' }];
  expect(problemsOf({ ...bot, ...chat })).toEqual([]);
  expect(problemsOf({ ...bot, TELEGRAM_CHAT_ID: 'staff' })).toEqual([
    expect.stringMatching(/^TELEGRAM_CHAT_ID: must be the id of a Telegram chat/),
  ]);
  expect(problemsOf(chat)).toEqual(['TELEGRAM_BOT_TOKEN: must be set, because TELEGRAM_CHAT_ID is']);
});

describe('a channel', () => {
  test('that nobody set up does not stop the start', () => expect(problemsOf({})).toEqual([]));

  test.each([
    [{ SMTP_URL: 'smtp://mail.example.com' }, ['SMTP_FROM: must be set, because SMTP_URL is']],
    [{ SMTP_FROM: 'orders@example.com' }, ['SMTP_URL: must be set, because SMTP_FROM is']],
    [{ SMTP_URL: 'smtp://mail.example.com', SMTP_FROM: 'orders@example.com' }, []],
  ])('that is set up by half does: %j', (environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems);
  });
});

describe('the retry schedule', () => {
  const scheduleOf = (environment: Record<string, string>) =>
    readConfig(WebhooksConfig, { WEBHOOK_ENCRYPTION_KEYS, ...environment }).WEBHOOK_RETRY_SECONDS;

  test('goes on for more than three days, and ends before five, however the jitter falls', () => {
    const seconds = scheduleOf({});
    const sum = seconds.reduce((all, one) => all + one, 0);
    expect(seconds.slice(0, 4)).toEqual([5, 300, 1_800, 7_200]);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    expect(sum * (1 - JITTER)).toBeGreaterThan(3 * 24 * 3_600);
    expect(sum * (1 + JITTER) * 1_000).toBeLessThan(DISABLE_AFTER_MS);
  });

  test('is over within a minute in the demo', () => {
    expect(scheduleOf({ COMANDA_DEMO: 'true' })).toEqual([1, 2, 4, 8, 16]);
  });

  test.each(['true', 'false'])('is the one that is set (COMANDA_DEMO=%s)', (COMANDA_DEMO) => {
    expect(scheduleOf({ COMANDA_DEMO, WEBHOOK_RETRY_SECONDS: '3,60' })).toEqual([3, 60]);
    expect(problemsOf({ COMANDA_DEMO, WEBHOOK_RETRY_SECONDS: '3,soon' })).toEqual([
      'WEBHOOK_RETRY_SECONDS: must be seconds, like 1,2,4,8,16',
    ]);
  });
});

describe('WEBHOOK_ENCRYPTION_KEYS', () => {
  const [ONE, TWO] = ['1'.repeat(32), 'a:colon and more than 32 characters'];
  const keysOf = (WEBHOOK_ENCRYPTION_KEYS?: string) =>
    readConfig(WebhooksConfig, WEBHOOK_ENCRYPTION_KEYS === undefined ? {} : { WEBHOOK_ENCRYPTION_KEYS })
      .WEBHOOK_ENCRYPTION_KEYS;

  test('are keys with ids, the one that seals first', () => {
    expect(keysOf(`2026-b:${ONE}, 2026-a:${TWO}`)).toEqual([
      { id: '2026-b', key: ONE },
      { id: '2026-a', key: TWO },
    ]);
  });

  test('must be set outside the demo, and the problem says how to make one; the gateway’s key is none', () => {
    expect(() => keysOf()).toThrow(/^WEBHOOK_ENCRYPTION_KEYS: must be set: .*openssl rand -hex 32/);
    expect(() => readConfig(WebhooksConfig, { JWT_SECRET: ONE })).toThrow(
      'WEBHOOK_ENCRYPTION_KEYS: must be set',
    );
    expect(read({}).WEBHOOK_ENCRYPTION_KEYS).toHaveLength(1);
  });

  test.each([
    [ONE, 'entry 1 must be id:key'],
    [`one:${ONE},two:short`, 'entry 2 must be id:key'],
    [`:${ONE}`, 'entry 1 must be id:key'],
    [`my key:${ONE}`, 'entry 1 must be id:key'],
    [`one:${ONE},`, 'entry 2 must be id:key'],
    [`one:${ONE},one:${TWO}`, 'two keys have the same id'],
  ])('%s are refused, and not printed', (text, why) => {
    expect(() => keysOf(text)).toThrow(why);
    expect(() => keysOf(text)).not.toThrow(ONE);
  });
});
