import {
  BrokenCircuitError,
  type BulkheadPolicy,
  bulkhead,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
} from 'cockatiel';
import type { AttemptResult, NotAttempted } from '../domain/attempt-result.js';

export interface EndpointLimitsOptions {
  /** Attempts that may run at the same time for one endpoint. */
  readonly maxConcurrent: number;
  /** Attempts that may wait for one of these to end; what is more waits in the database. */
  readonly maxWaiting: number;
  /** Failures in a row after which an endpoint is left alone for a while. */
  readonly openAfterFailures: number;
  /** For how long, in milliseconds, before a single attempt may try it again. */
  readonly halfOpenAfterMs: number;
  /** Endpoints remembered at most; the one unused for longest is forgotten first. */
  readonly maxEndpoints: number;
  /** An endpoint without any attempt for this long, in milliseconds, is forgotten. */
  readonly forgetAfterMs: number;
}

export const DEFAULT_ENDPOINT_LIMITS: EndpointLimitsOptions = {
  maxConcurrent: 16,
  // As many as may run for one subscription at once (work/deliver.ts), so that a burst is never turned away here.
  maxWaiting: 112,
  openAfterFailures: 20,
  halfOpenAfterMs: 5_000,
  maxEndpoints: 10_000,
  forgetAfterMs: 10 * 60_000,
};

/** When a full endpoint may be asked again: about the time in which one of its attempts ends. */
const BUSY_RETRY_MS = 250;

interface Endpoint {
  readonly slots: BulkheadPolicy;
  readonly breaker: CircuitBreakerPolicy;
  openUntil: number;
  lastUsedAt: number;
}

/** Marks a result that counts against the endpoint, for the circuit breaker to see. */
class Unhealthy {
  constructor(readonly result: AttemptResult) {}
}

/**
 * Bounded concurrency and a circuit breaker for each endpoint, keyed by subscription id. A burst waits here for a
 * moment; an attempt beyond that comes back at once as `not-attempted`, and waits in the database like other work.
 */
export class EndpointLimits {
  /** Least recently used first. */
  private readonly endpoints = new Map<string, Endpoint>();

  constructor(private readonly options: EndpointLimitsOptions = DEFAULT_ENDPOINT_LIMITS) {}

  /** How many endpoints are remembered. */
  get size(): number {
    return this.endpoints.size;
  }

  /** Runs the attempt unless the endpoint is full or its circuit open. `force` (a manual retry) always runs it. */
  async run(
    key: string,
    attempt: () => Promise<AttemptResult>,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<AttemptResult> {
    if (force) return attempt();
    const endpoint = this.use(key);
    const held = this.heldBack(endpoint);
    if (held !== undefined) return held;
    try {
      const outcome = await endpoint.slots.execute(() => endpoint.breaker.execute(() => judged(attempt)));
      return outcome instanceof Unhealthy ? outcome.result : outcome;
    } catch (error) {
      if (error instanceof BrokenCircuitError) return this.breakerOpen(endpoint);
      throw error;
    }
  }

  private heldBack(endpoint: Endpoint): NotAttempted | undefined {
    if (endpoint.slots.executionSlots === 0 && endpoint.slots.queueSlots === 0) {
      return {
        kind: 'not-attempted',
        reason: 'busy',
        detail: `${this.options.maxConcurrent} attempts are running for this endpoint`,
        retryAfterMs: BUSY_RETRY_MS,
      };
    }
    // While one attempt tries a half-open circuit the library lets others wait; ours go back to the database.
    return endpoint.breaker.state === CircuitState.HalfOpen ? this.breakerOpen(endpoint) : undefined;
  }

  private breakerOpen(endpoint: Endpoint): NotAttempted {
    return {
      kind: 'not-attempted',
      reason: 'breaker-open',
      detail: `this endpoint failed ${this.options.openAfterFailures} times in a row`,
      retryAfterMs: Math.max(BUSY_RETRY_MS, endpoint.openUntil - Date.now()),
    };
  }

  private use(key: string): Endpoint {
    const endpoint = this.endpoints.get(key) ?? this.create();
    endpoint.lastUsedAt = Date.now();
    this.endpoints.delete(key);
    this.endpoints.set(key, endpoint);
    this.forgetUnused(endpoint);
    return endpoint;
  }

  private create(): Endpoint {
    const breaker = circuitBreaker(
      handleWhenResult((outcome) => outcome instanceof Unhealthy),
      {
        halfOpenAfter: this.options.halfOpenAfterMs,
        breaker: new ConsecutiveBreaker(this.options.openAfterFailures),
      },
    );
    const endpoint: Endpoint = {
      slots: bulkhead(this.options.maxConcurrent, this.options.maxWaiting),
      breaker,
      openUntil: 0,
      lastUsedAt: 0,
    };
    breaker.onBreak(() => {
      endpoint.openUntil = Date.now() + this.options.halfOpenAfterMs;
    });
    return endpoint;
  }

  private forgetUnused(current: Endpoint): void {
    const now = Date.now();
    for (const [key, endpoint] of this.endpoints) {
      const unused = now - endpoint.lastUsedAt >= this.options.forgetAfterMs;
      if (!unused && this.endpoints.size <= this.options.maxEndpoints) return;
      // Forgetting one that is running would let a second set of attempts run beside the first.
      const running = endpoint.slots.executionSlots < this.options.maxConcurrent;
      if (!running && endpoint !== current) this.endpoints.delete(key);
    }
  }
}

async function judged(attempt: () => Promise<AttemptResult>): Promise<AttemptResult | Unhealthy> {
  const result = await attempt();
  return speaksAgainstEndpoint(result) ? new Unhealthy(result) : result;
}

/** A 4xx, or a 429, comes from an endpoint that is alive; an unsafe target was never reached. */
function speaksAgainstEndpoint(result: AttemptResult): boolean {
  if (result.kind === 'response') return result.status >= 500;
  return result.kind === 'failure' && result.reason !== 'unsafe-target';
}
