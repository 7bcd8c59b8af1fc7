import { expect, test } from '@jest/globals';
import { parseConfig } from './config.js';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const secrets = { LOGGER_RECEIVER_SECRET: secret, NOTIFIER_RECEIVER_SECRET: secret };

test('the two secrets are all that must be configured', () => {
  expect(parseConfig(secrets)).toMatchObject({
    ok: true,
    config: { RECEIVERS_HOST: '127.0.0.1', LOGGER_RECEIVER_PORT: 3011, NOTIFIER_RECEIVER_PORT: 3012 },
  });
});

test('every problem is named, and no secret is shown', () => {
  const parsed = parseConfig({ LOGGER_RECEIVER_SECRET: 'hunter2', LOGGER_RECEIVER_PORT: 'eighty' });
  const problems = parsed.ok ? '' : parsed.problems.join('\n');
  expect(problems).toMatch(/LOGGER_RECEIVER_PORT.*\n.*LOGGER_RECEIVER_SECRET.*\n.*NOTIFIER_RECEIVER_SECRET/);
  expect(problems).not.toContain('hunter2');
});

test('an empty token is no token', () => {
  expect(parseConfig({ ...secrets, TELEGRAM_BOT_TOKEN: '' })).toMatchObject({
    ok: true,
    config: { TELEGRAM_BOT_TOKEN: undefined },
  });
});
