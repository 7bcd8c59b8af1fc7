import type { Logger } from '@comanda/kit';
import type { PaymentsConfig } from '../config.js';
import { GuardedProvider } from './guarded-provider.js';
import { SimulatedProvider } from './simulated-provider.js';
import { StripeProvider } from './stripe/stripe-provider.js';

/** Less than half of the lease under which a charge runs: whoever takes over finds the question answered. */
const TIMEOUT_MS = 6_000;

/** The provider that the configuration names, behind its time limit and circuit breaker. */
export function providerOf(config: PaymentsConfig, logger: Logger): GuardedProvider {
  const provider =
    config.provider.kind === 'stripe'
      ? new StripeProvider({ ...config.provider, timeoutMs: TIMEOUT_MS })
      : new SimulatedProvider(config.provider.latency);
  return new GuardedProvider(provider, logger, { timeoutMs: TIMEOUT_MS });
}
