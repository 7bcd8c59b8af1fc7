import { apiBaseUrl, commonSettings, databaseUrl, inboxSettings, port, yesNo } from '@comanda/service-kit';
import { z } from 'zod';

/** `100-2000`: between these milliseconds; `0` or any other single number: always that long. */
const Latency = z
  .string()
  .regex(/^\d{1,6}(-\d{1,6})?$/, 'must be milliseconds, like 0 or 100-2000')
  .transform((text) => {
    const [minMs = 0, maxMs = minMs] = text.split('-').map(Number);
    return { minMs, maxMs };
  })
  .refine(({ minMs, maxMs }) => minMs <= maxMs, 'the first number must not be greater than the second');

/** A wrong key is never printed. */
const ApiKey = z
  .string()
  .regex(/^(sk|rk)_\w+$/, 'must be a secret or restricted key of Stripe: sk_... or rk_...')
  .optional();

const Provider = z
  .object({
    COMANDA_DEMO: yesNo(false).catch(false), // what is wrong with it is told where all settings are read
    PAYMENT_PROVIDER: z.enum(['simulated', 'stripe'], 'must be simulated or stripe').optional(),
    PAYMENT_SIM_LATENCY_MS: Latency.default({ minMs: 100, maxMs: 2_000 }),
    STRIPE_API_KEY: ApiKey,
    STRIPE_API_BASE: apiBaseUrl('https://api.stripe.com'),
  })
  .transform((settings, problems) => {
    const name = settings.PAYMENT_PROVIDER ?? (settings.COMANDA_DEMO ? 'simulated' : undefined);
    if (name === undefined) {
      // Nobody shall confirm orders without money because a line was forgotten.
      problems.addIssue({
        code: 'custom',
        path: ['PAYMENT_PROVIDER'],
        message: 'must be named outside demo mode: stripe, or simulated, which moves no money',
      });
      return z.NEVER;
    }
    if (name === 'simulated')
      return { provider: { kind: 'simulated' as const, latency: settings.PAYMENT_SIM_LATENCY_MS } };
    if (settings.STRIPE_API_KEY === undefined)
      problems.addIssue({
        code: 'custom',
        path: ['STRIPE_API_KEY'],
        message: 'must be set when PAYMENT_PROVIDER is stripe',
      });
    const { STRIPE_API_KEY: apiKey = '', STRIPE_API_BASE: apiBase } = settings;
    return { provider: { kind: 'stripe' as const, apiKey, apiBase } };
  });

/** Both halves are always checked, so that all problems are reported at once. */
export const PaymentsConfig = z.intersection(
  Provider,
  z.object({
    ...commonSettings,
    ...inboxSettings,
    PAYMENTS_PORT: port(3003),
    PAYMENTS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/payments.db'),
  }),
);
export type PaymentsConfig = z.output<typeof PaymentsConfig>;
