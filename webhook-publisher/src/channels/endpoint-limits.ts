import { BoundedMap } from '@comanda/kit';
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
  /** Attempts that may wait in memory for one of these to end; further ones wait in the database. */
  readonly maxWaiting: number;
  /** Attempts that may run at the same time for one host, over all endpoints on it. */
  readonly maxConcurrentPerHost: number;
  /** Attempts that may wait in memory for one of these to end. */
  readonly maxWaitingPerHost: number;
  /** After this many failures in a row the circuit breaker opens: nothing is sent to the endpoint. */
  readonly openAfterFailures: number;
  /** How long the circuit stays open, in milliseconds, before a single attempt may try the endpoint again. */
  readonly halfOpenAfterMs: number;
  /** How many idle endpoints are remembered at most; the least recently used one is forgotten first. */
  readonly maxIdle: number;
}

export const DEFAULT_ENDPOINT_LIMITS: EndpointLimitsOptions = {
  maxConcurrent: 16,
  // As many as the worker runs for one subscription at once (work/deliver.ts), so no burst is turned away here.
  maxWaiting: 112,
  maxConcurrentPerHost: 64,
  // Few, because each of them holds a place of its endpoint: the wait for a host that hangs ends with one time-out.
  maxWaitingPerHost: 64,
  openAfterFailures: 20,
  halfOpenAfterMs: 5_000,
  maxIdle: 10_000,
};

/** How long to back off from a full endpoint: about as long as one of its attempts takes. */
const BUSY_RETRY_MS = 250;

interface Endpoint {
  readonly slots: BulkheadPolicy;
  readonly breaker: CircuitBreakerPolicy;
  openUntil: number;
  /** Attempts that run or wait. */
  users: number;
}

/** Marks a result that the circuit breaker counts as a failure of the endpoint. */
class Unhealthy {
  constructor(readonly result: AttemptResult) {}
}

/** The places on one host. */
interface Host {
  readonly slots: BulkheadPolicy;
  /** Attempts that run or wait; without any it is forgotten. */
  users: number;
}

/**
 * Bounded concurrency and a circuit breaker for each endpoint, keyed by subscription id, and bounded concurrency for
 * each host, so that many subscriptions to one host are no flood. A short burst waits here. An attempt beyond that
 * comes back at once as `not-attempted` and waits in the database like other work.
 */
export class EndpointLimits {
  /** Never forgotten: forgetting one would let a second set of attempts run beside the first. */
  readonly #busy = new Map<string, Endpoint>();
  readonly #idle: BoundedMap<string, Endpoint>;
  readonly #hosts = new Map<string, Host>();

  constructor(private readonly options: EndpointLimitsOptions = DEFAULT_ENDPOINT_LIMITS) {
    this.#idle = new BoundedMap(options.maxIdle);
  }

  /** How many endpoints are remembered. */
  get size(): number {
    return this.#busy.size + this.#idle.size;
  }

  /**
   * Runs the attempt unless the endpoint or its host is full, or its circuit is open.
   *
   * @param options `force` (a manual retry) always runs it; `host` is left out where the channel has its own limits
   */
  async run(
    key: string,
    attempt: () => Promise<AttemptResult>,
    { force = false, host }: { readonly force?: boolean; readonly host?: string | undefined } = {},
  ): Promise<AttemptResult> {
    if (force) return attempt();
    const endpoint = this.#enter(key);
    try {
      const held = this.#heldBack(endpoint);
      if (held !== undefined) return held;
      // An attempt that finds the host full must not reach the circuit, which would take it for a success of the
      // endpoint.
      const outcome = await endpoint.slots.execute(() =>
        this.#onHost(host, () => endpoint.breaker.execute(() => judged(attempt))),
      );
      return outcome instanceof Unhealthy ? outcome.result : outcome;
    } catch (error) {
      if (error instanceof BrokenCircuitError) return this.#breakerOpen(endpoint);
      throw error;
    } finally {
      this.#leave(key, endpoint);
    }
  }

  /** Runs it in one of the host's places, waiting for one if there is room to wait. */
  async #onHost<Result>(
    name: string | undefined,
    run: () => Promise<Result>,
  ): Promise<Result | NotAttempted> {
    if (name === undefined) return run();
    const { maxConcurrentPerHost, maxWaitingPerHost } = this.options;
    const host = this.#hosts.get(name) ?? {
      slots: bulkhead(maxConcurrentPerHost, maxWaitingPerHost),
      users: 0,
    };
    if (isFull(host.slots)) return busy(`${maxConcurrentPerHost} attempts are running for this host`);
    this.#hosts.set(name, host);
    host.users += 1;
    try {
      return await host.slots.execute(run);
    } finally {
      host.users -= 1;
      if (host.users === 0) this.#hosts.delete(name);
    }
  }

  #heldBack(endpoint: Endpoint): NotAttempted | undefined {
    if (isFull(endpoint.slots))
      return busy(`${this.options.maxConcurrent} attempts are running for this endpoint`);
    // While one attempt tests a half-open circuit, the library would make the others wait; ours go back to the
    // database.
    return endpoint.breaker.state === CircuitState.HalfOpen ? this.#breakerOpen(endpoint) : undefined;
  }

  #breakerOpen(endpoint: Endpoint): NotAttempted {
    return {
      kind: 'not-attempted',
      reason: 'breaker-open',
      detail: `this endpoint failed ${this.options.openAfterFailures} times in a row`,
      retryAfterMs: Math.max(BUSY_RETRY_MS, endpoint.openUntil - Date.now()),
    };
  }

  #enter(key: string): Endpoint {
    const endpoint = this.#busy.get(key) ?? this.#idle.get(key) ?? this.#create();
    endpoint.users += 1;
    this.#idle.delete(key);
    this.#busy.set(key, endpoint);
    return endpoint;
  }

  #leave(key: string, endpoint: Endpoint): void {
    endpoint.users -= 1;
    if (endpoint.users > 0) return;
    this.#busy.delete(key);
    this.#idle.set(key, endpoint);
  }

  #create(): Endpoint {
    const { maxConcurrent, maxWaiting, openAfterFailures, halfOpenAfterMs } = this.options;
    const breaker = circuitBreaker(
      handleWhenResult((outcome) => outcome instanceof Unhealthy),
      { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(openAfterFailures) },
    );
    const endpoint = { slots: bulkhead(maxConcurrent, maxWaiting), breaker, openUntil: 0, users: 0 };
    breaker.onBreak(() => {
      endpoint.openUntil = Date.now() + halfOpenAfterMs;
    });
    return endpoint;
  }
}

const isFull = ({ executionSlots, queueSlots }: BulkheadPolicy): boolean =>
  executionSlots === 0 && queueSlots === 0;

const busy = (detail: string): NotAttempted => ({
  kind: 'not-attempted',
  reason: 'busy',
  detail,
  retryAfterMs: BUSY_RETRY_MS,
});

async function judged(attempt: () => Promise<AttemptResult>): Promise<AttemptResult | Unhealthy> {
  const result = await attempt();
  return speaksAgainstEndpoint(result) ? new Unhealthy(result) : result;
}

/** A 4xx comes from an endpoint that is alive, what is no status at all does not; an unsafe target was never reached. */
function speaksAgainstEndpoint(result: AttemptResult): boolean {
  if (result.kind === 'response') return result.status < 200 || result.status >= 500;
  return result.kind === 'failure' && result.reason !== 'unsafe-target';
}
