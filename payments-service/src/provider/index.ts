import type { Logger } from '@comanda/kit';
import { z } from 'zod';
import { GuardedProvider } from './guarded-provider.js';
import { simulated } from './simulated-provider.js';
import { stripe } from './stripe/stripe-provider.js';

/** Every provider there is. */
const PROVIDERS = [simulated, stripe];

/** The environment variables of all providers. */
export const providerSettings = Object.fromEntries(
  PROVIDERS.flatMap(({ settings }) => Object.entries<z.ZodType>(settings)),
);

const named = (which: (provider: (typeof PROVIDERS)[number]) => boolean): string =>
  PROVIDERS.filter(which)
    .map(({ name }) => name)
    .join(' or ');

/** The provider that `PAYMENT_PROVIDER` names, with its settings; in demo mode the simulated one when nothing is named. */
export const ChosenProvider = z
  .record(z.string(), z.string().optional())
  .transform((environment, problems) => {
    const { PAYMENT_PROVIDER: wanted, COMANDA_DEMO: demo } = environment;
    const name = wanted ?? (demo === 'true' ? simulated.name : undefined);
    const provider = PROVIDERS.find((one) => one.name === name);
    if (provider === undefined) {
      const message =
        name === undefined
          ? // Nobody shall confirm orders without money because a line was forgotten.
            `must be named outside demo mode: ${named(({ movesMoney }) => movesMoney)}, or simulated, which moves no money`
          : `must be ${named(() => true)}`;
      problems.addIssue({ code: 'custom', path: ['PAYMENT_PROVIDER'], message });
      return z.NEVER;
    }
    const read = provider.config.safeParse(environment);
    if (read.success) return read.data;
    for (const { path, message } of read.error.issues)
      problems.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  });
export type ChosenProvider = z.output<typeof ChosenProvider>;

/** Less than half of a charge's lease: a worker that takes the work over finds that the call has ended. */
const TIMEOUT_MS = 6_000;

/** The provider, behind its time limit and circuit breaker. */
export const openProvider = (chosen: ChosenProvider, logger: Logger): GuardedProvider =>
  new GuardedProvider(chosen.open({ timeoutMs: TIMEOUT_MS, logger }), logger, { timeoutMs: TIMEOUT_MS });
