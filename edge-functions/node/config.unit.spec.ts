import { ConfigurationError, readConfig } from '@comanda/service-kit';
import { expect, test } from '@jest/globals';
import { ReceiversConfig } from './config.js';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const secrets = { LOGGER_RECEIVER_SECRET: secret, NOTIFIER_RECEIVER_SECRET: secret };

test('the two secrets are all that must be configured', () => {
  expect(readConfig(ReceiversConfig, secrets)).toEqual({
    ...secrets,
    BIND_HOST: '127.0.0.1',
    LOGGER_RECEIVER_PORT: 3010,
    LOGGER_DATABASE: 'receivers.db',
    NOTIFIER_RECEIVER_PORT: 3011,
    TELEGRAM_API_ROOT: 'https://api.telegram.org',
  });
});

test('the token of the bot never leaves this machine in the clear', () => {
  const read = (url: string) => readConfig(ReceiversConfig, { ...secrets, TELEGRAM_API_ROOT: url });
  expect(() => read('http://telegram.example')).toThrow(
    'TELEGRAM_API_ROOT: must be https, except on loopback',
  );
  expect(read('http://127.0.0.1:8081').TELEGRAM_API_ROOT).toBe('http://127.0.0.1:8081');
});

test('every problem is named, and no secret is shown', () => {
  const wrong = { LOGGER_RECEIVER_SECRET: 'hunter2', LOGGER_RECEIVER_PORT: 'eighty' };
  const read = () => readConfig(ReceiversConfig, wrong);
  expect(read).toThrow(ConfigurationError);
  expect(read).toThrow(/LOGGER_RECEIVER_PORT.*\n.*LOGGER_RECEIVER_SECRET.*\n.*NOTIFIER_RECEIVER_SECRET/);
  expect(read).not.toThrow(/hunter2/);
});
