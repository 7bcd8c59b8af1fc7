import { readConfig } from '@comanda/service-kit';
import { expect, test } from '@jest/globals';
import { WebhooksConfig } from './config.js';

const read = (environment: Record<string, string>) =>
  readConfig(WebhooksConfig, { COMANDA_DEMO: 'true', ...environment });

test('the token of the Telegram bot never leaves this machine in the clear', () => {
  expect(() => read({ TELEGRAM_API_ROOT: 'http://telegram.example' })).toThrow(
    /^TELEGRAM_API_ROOT: must be https, except on loopback$/,
  );
  for (const url of ['https://telegram.example', 'http://127.0.0.1:8081', 'http://localhost:8081'])
    expect(read({ TELEGRAM_API_ROOT: url }).TELEGRAM_API_ROOT).toBe(url);
});
