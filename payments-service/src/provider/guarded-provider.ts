import { type Logger, withTimeout } from '@comanda/kit';
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
} from 'cockatiel';
import type { ChargeLookup, ChargeResult } from '../domain/charge.js';
import type { MoneyBack } from '../domain/money-back.js';
import type { RefundResult } from '../domain/refund.js';
import { watchCircuit } from './circuit.js';
import {
  type CapturedPayment,
  type Charge,
  NotDone,
  type PaymentLookup,
  type PaymentProvider,
  type RefundCall,
} from './provider.js';

export interface GuardOptions {
  /** How long one call may take. */
  readonly timeoutMs: number;
  /** The circuit opens after so many failures in a row. */
  readonly failures?: number;
  /** How long the circuit stays open; then one call tests whether the provider is back. */
  readonly openMs?: number;
}

/** There is no answer; `done` says whether the call may have had an effect all the same. */
interface NoAnswer {
  readonly done: 'no' | 'perhaps';
  readonly waitSeconds?: number;
}

/**
 * Puts a time limit and a circuit breaker around a provider. Every answer counts as a success, a decline too. Only a
 * call that throws or takes too long is a failure; it becomes a result here.
 */
export class GuardedProvider implements PaymentProvider {
  readonly name: string;
  readonly #breaker: CircuitBreakerPolicy;

  constructor(
    private readonly provider: PaymentProvider,
    private readonly logger: Logger,
    private readonly options: GuardOptions,
  ) {
    const { failures = 5, openMs = 5_000 } = options;
    this.name = provider.name;
    this.#breaker = circuitBreaker(handleAll, {
      halfOpenAfter: openMs,
      breaker: new ConsecutiveBreaker(failures),
    });
    watchCircuit(this.#breaker, `payments:${provider.name}`, logger);
  }

  charge(charge: Charge): Promise<ChargeResult> {
    return this.#call('charge', charge, () => this.provider.charge(charge), outOfReach);
  }

  find(charge: Charge): Promise<ChargeLookup> {
    return this.#call('find', charge, () => this.provider.find(charge), outOfReach);
  }

  cancel(charge: Charge): Promise<ChargeResult> {
    return this.#call('cancel', charge, () => this.provider.cancel(charge), outOfReach);
  }

  /** A refund that may have happened is requested again: its id is the idempotency key. */
  refund(refund: RefundCall): Promise<RefundResult> {
    return this.#call(
      'refund',
      refund,
      () => this.provider.refund(refund),
      ({ done: _, ...wish }) => ({
        kind: 'retry',
        code: 'PROVIDER_UNAVAILABLE',
        reason: 'The payment provider did not answer',
        ...wish,
      }),
    );
  }

  moneyBack(payment: CapturedPayment): Promise<MoneyBack> {
    return this.#call('money-back', payment, () => this.provider.moneyBack(payment), unheard);
  }

  paymentOf(charge: string): Promise<PaymentLookup> {
    return this.#call('payment-of', { charge }, () => this.provider.paymentOf(charge), unheard);
  }

  async #call<T>(
    what: string,
    { paymentId, charge, correlationId }: About,
    call: () => Promise<T>,
    without: (why: NoAnswer) => T,
  ): Promise<T> {
    // One call tests whether the provider is back. The other calls do not wait for its outcome.
    if (this.#breaker.state === CircuitState.HalfOpen) return without({ done: 'no' });
    try {
      return await this.#breaker.execute(() => withTimeout(call(), this.options.timeoutMs, what));
    } catch (error) {
      if (error instanceof BrokenCircuitError) return without({ done: 'no' });
      this.logger.warn(
        { paymentId, charge, correlationId, provider: this.name, call: what, error: String(error) },
        'the payment provider did not answer',
      );
      if (!(error instanceof NotDone)) return without({ done: 'perhaps' });
      return without({
        done: 'no',
        ...(error.waitSeconds !== undefined && { waitSeconds: error.waitSeconds }),
      });
    }
  }
}

/** What a line of the log about a call names. */
interface About {
  readonly paymentId?: string;
  readonly charge?: string;
  readonly correlationId?: string;
}

const outOfReach = ({ done, ...wish }: NoAnswer): ChargeResult =>
  done === 'no' ? { kind: 'unavailable', ...wish } : { kind: 'unknown' };

const unheard = () => ({ kind: 'unknown' }) as const;
