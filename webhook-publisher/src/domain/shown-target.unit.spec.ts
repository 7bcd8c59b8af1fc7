import { expect, test } from '@jest/globals';
import { shownTarget } from './shown-target.js';

test('a target is shown as it is', () => {
  for (const target of ['https://hooks.example.com/comanda', '-1001234567890'])
    expect(shownTarget(target, 'webhook')).toBe(target);
});

test('but for what may be a secret in it', () => {
  expect(shownTarget('https://hooks.example.com/comanda?token=s3cret#part', 'webhook')).toBe(
    'https://hooks.example.com/comanda?…',
  );
  expect(shownTarget('https://user:pass@hooks.example.com:8443/', 'webhook')).toBe(
    'https://hooks.example.com:8443/',
  );
});

test('a URL of Slack is shown without the part that is a secret', () => {
  expect(shownTarget('https://hooks.slack.com/services/T000/B000/XXXX', 'slack')).toBe(
    'https://hooks.slack.com/services/T000/B000/…',
  );
});
