import { ConfigurationError, readConfig } from '@comanda/service-kit';
import { thrownBy } from '@comanda/test-kit';
import { describe, expect, test } from '@jest/globals';
import { PaymentsConfig } from './config.js';

const KEY = 'sk_test_51NotARealKey';
/** In demo mode, where nothing must be set. */
const read = (environment: Record<string, string>) =>
  readConfig(PaymentsConfig, { COMANDA_DEMO: 'true', ...environment });
const problemsOf = (environment: Record<string, string>): readonly string[] => {
  const error = thrownBy(() => read(environment));
  return error instanceof ConfigurationError ? error.problems : [];
};

describe('the configuration of payments-service', () => {
  test('simulates in demo mode when nothing is set, and outside it only when it is told to', () => {
    const simulated = {
      name: 'simulated',
      movesMoney: false,
      settings: { PAYMENT_SIM_LATENCY_MS: { minMs: 100, maxMs: 2_000 } },
    };
    expect(read({}).provider).toMatchObject(simulated);
    expect(read({ COMANDA_DEMO: 'false', PAYMENT_PROVIDER: 'simulated' }).provider).toMatchObject(simulated);
  });

  test.each(['', 'false'])('must name the provider outside demo mode (COMANDA_DEMO=%s)', (demo) => {
    const problem =
      'PAYMENT_PROVIDER: must be named outside demo mode: stripe, or simulated, which moves no money';
    expect(problemsOf({ COMANDA_DEMO: demo })).toEqual([problem]);
    expect(problemsOf({ COMANDA_DEMO: demo, PAYMENT_PROVIDER: '' })).toEqual([problem]);
    expect(problemsOf({ COMANDA_DEMO: demo, PAYMENTS_PORT: 'x' })).toHaveLength(2);
  });

  test.each([
    ['0', { minMs: 0, maxMs: 0 }],
    ['250', { minMs: 250, maxMs: 250 }],
    ['100-2000', { minMs: 100, maxMs: 2_000 }],
  ])('takes a latency of %s', (text, latency) => {
    expect(read({ PAYMENT_SIM_LATENCY_MS: text }).provider.settings).toEqual({
      PAYMENT_SIM_LATENCY_MS: latency,
    });
  });

  test('takes Stripe with its key, at its own address or another one', () => {
    const stripe = { PAYMENT_PROVIDER: 'stripe', STRIPE_API_KEY: KEY };
    expect(read(stripe).provider).toMatchObject({
      name: 'stripe',
      movesMoney: true,
      settings: { STRIPE_API_KEY: KEY, STRIPE_API_BASE: 'https://api.stripe.com' },
    });
    expect(read({ ...stripe, STRIPE_API_BASE: 'http://127.0.0.1:4242' }).provider.settings).toMatchObject({
      STRIPE_API_BASE: 'http://127.0.0.1:4242',
    });
  });

  test.each([
    [{ PAYMENT_PROVIDER: 'stripe' }, ['STRIPE_API_KEY: must be set when PAYMENT_PROVIDER is stripe']],
    [
      { COMANDA_DEMO: 'yes' },
      [expect.stringMatching(/^PAYMENT_PROVIDER: /), expect.stringMatching(/^COMANDA_DEMO: /)],
    ],
    [{ PAYMENT_PROVIDER: 'cash' }, ['PAYMENT_PROVIDER: must be simulated or stripe']],
    [
      { PAYMENT_PROVIDER: 'stripe', STRIPE_API_KEY: KEY, STRIPE_API_BASE: 'http://stripe.example' },
      ['STRIPE_API_BASE: must be https, except on loopback'],
    ],
    [{ PAYMENT_SIM_LATENCY_MS: '2000-100' }, [expect.stringContaining('PAYMENT_SIM_LATENCY_MS: ')]],
    [
      { PAYMENT_PROVIDER: 'stripe', PAYMENTS_PORT: 'x' },
      [
        'STRIPE_API_KEY: must be set when PAYMENT_PROVIDER is stripe',
        'PAYMENTS_PORT: must be a whole number',
      ],
    ],
  ])('says in one line per problem what is wrong with %j', (environment, problems) => {
    expect(problemsOf(environment as Record<string, string>)).toEqual(problems);
  });

  test('does not print a key that is none', () => {
    const problems = problemsOf({ PAYMENT_PROVIDER: 'stripe', STRIPE_API_KEY: 'pk_live_published' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^STRIPE_API_KEY: must be a secret or restricted key/);
    expect(problems.join()).not.toContain('published');
  });
});
