import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  type TimeoutPolicy,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import type { ChargeResult, RefundResult } from '../domain/payment.js';
import type { Charge, PaymentProvider, Refund } from './provider.js';

const OPEN_MS = 5_000;
const FAILURES = 5;

/** Puts a time limit and a circuit breaker around a provider: one that hangs or fails is left alone for a while. */
export class GuardedProvider implements PaymentProvider {
  readonly name: string;
  readonly #breaker: CircuitBreakerPolicy = circuitBreaker(handleAll, {
    halfOpenAfter: OPEN_MS,
    breaker: new ConsecutiveBreaker(FAILURES),
  });
  readonly #limit: TimeoutPolicy;

  constructor(
    private readonly provider: PaymentProvider,
    timeoutMs: number,
  ) {
    this.name = provider.name;
    this.#limit = timeout(timeoutMs, TimeoutStrategy.Aggressive);
  }

  charge(charge: Charge): Promise<ChargeResult> {
    return this.#call(() => this.provider.charge(charge));
  }

  refund(refund: Refund): Promise<RefundResult> {
    return this.#call(() => this.provider.refund(refund));
  }

  /** What throws counts as "not now": the idempotency key makes asking again safe. */
  async #call<T>(call: () => Promise<T>): Promise<T | { kind: 'retry'; code: string; reason: string }> {
    try {
      return await wrap(this.#breaker, this.#limit).execute(call);
    } catch (error) {
      const code = error instanceof BrokenCircuitError ? 'PROVIDER_CIRCUIT_OPEN' : 'PROVIDER_UNAVAILABLE';
      return { kind: 'retry', code, reason: error instanceof Error ? error.message : String(error) };
    }
  }
}
