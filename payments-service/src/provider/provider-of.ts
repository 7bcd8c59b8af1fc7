import type { Logger } from '@comanda/kit';
import type { PaymentsConfig } from '../config.js';
import { GuardedProvider } from './guarded-provider.js';
import { SimulatedProvider } from './simulated-provider.js';
import { StripeProvider } from './stripe/stripe-provider.js';

/** Less than half of a charge's lease: a worker that takes the work over finds that the call has ended. */
const TIMEOUT_MS = 6_000;

/** The provider that the configuration names, behind its time limit and circuit breaker. */
export function providerOf(config: PaymentsConfig, logger: Logger): GuardedProvider {
  const provider =
    config.provider.kind === 'stripe'
      ? new StripeProvider({ ...config.provider, timeoutMs: TIMEOUT_MS, logger })
      : new SimulatedProvider(config.provider.latency);
  return new GuardedProvider(provider, logger, { timeoutMs: TIMEOUT_MS });
}
