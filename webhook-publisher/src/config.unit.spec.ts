import { ConfigurationError, readConfig } from '@comanda/service-kit';
import { describe, expect, test } from '@jest/globals';
import { WebhooksConfig } from './config.js';

const JWT_SECRET = 'f2b7c1d4e8a9035612bc7de84f09a1b3c5d7e9f0';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(WebhooksConfig, { JWT_SECRET, ...environment });
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
