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

  /** What throws, is late or was not even sent is no answer: what became of the charge is asked again. */
  async charge(charge: Charge): Promise<ChargeResult> {
    try {
      return await this.#call(() => this.provider.charge(charge));
    } catch (error) {
      return { kind: 'unanswered', reason: reasonOf(error) };
    }
  }

  /** Whatever happened, the idempotency key makes it safe to try again, and a refund is tried until it succeeds. */
  async refund(refund: Refund): Promise<RefundResult> {
    try {
      return await this.#call(() => this.provider.refund(refund));
    } catch (error) {
      const code = error instanceof BrokenCircuitError ? 'PROVIDER_CIRCUIT_OPEN' : 'PROVIDER_UNAVAILABLE';
      return { kind: 'retry', code, reason: reasonOf(error) };
    }
  }

  #call<T>(call: () => Promise<T>): Promise<T> {
    return wrap(this.#breaker, this.#limit).execute(call);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
