import { expect, test } from '@jest/globals';
import { subscriptionView } from './subscription-view.js';

const row = {
  ...{ tenantId: 'default', subscriptionId: '0192d1a4-a000-7000-8000-00000000d001', eventTypes: ['*'] },
  ...{
    description: null,
    enabled: true,
    disabledReason: null,
    deleted: false,
    secrets: null,
    publicKey: null,
    locale: null,
    rateLimitPerSecond: null,
    headerNames: null,
    mutedUntil: null,
  },
  ...{ failingSince: null, sequence: 0, createdAt: '2027-02-02T00:00:00.000Z', liveTenantId: 'default' },
};

test('staff see the target of a subscription, but of a Slack webhook, which is a secret, its beginning', () => {
  const target = 'https://hooks.slack.com/services/T000/B000/XXXX';
  expect(subscriptionView({ ...row, channel: 'slack', target }).target).toBe(
    'https://hooks.slack.com/services/T000/B000/…',
  );
  expect(subscriptionView({ ...row, channel: 'webhook', target }).target).toBe(target);
});
