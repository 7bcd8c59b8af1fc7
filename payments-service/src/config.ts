import { commonSettings, databaseUrl, inboxSettings, port } from '@comanda/service-kit';
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

export const PaymentsConfig = z.object({
  ...commonSettings,
  ...inboxSettings,
  PAYMENTS_PORT: port(3003),
  PAYMENTS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/payments.db'),
  PAYMENT_PROVIDER: z.enum(['simulated']).default('simulated'),
  PAYMENT_SIM_LATENCY_MS: Latency.default({ minMs: 100, maxMs: 2_000 }),
});
export type PaymentsConfig = z.output<typeof PaymentsConfig>;
