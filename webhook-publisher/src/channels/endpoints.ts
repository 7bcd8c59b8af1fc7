import { BoundedMap } from '@comanda/kit';
import type { Pace } from '@comanda/messaging';
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
} from 'cockatiel';
import type { AttemptResult, NotAttempted } from '../domain/attempt-result.js';
import { MAX_RETRY_AFTER_MS } from '../domain/delivery-outcome.js';
import type { SealedRow } from '../storage/secret-vault.js';
import type { Attempt } from './channel.js';
import { Hosts } from './hosts.js';
import { LastSecond } from './last-second.js';
import { FIRST_WINDOW, nextWindow, speaksAgainstEndpoint, type WindowLimits } from './window.js';

export interface EndpointsOptions extends WindowLimits {
  /** Attempts that may run at the same time for one host, over all endpoints on it. */
  readonly maxConcurrentPerHost: number;
  /** After this many failures in a row the circuit breaker opens: nothing is sent to the endpoint. */
  readonly openAfterFailures: number;
  /** How long the circuit stays open, in milliseconds, before a single attempt may try the endpoint again. */
  readonly halfOpenAfterMs: number;
  /** How many idle endpoints are remembered at most; the least recently used one is forgotten first. */
  readonly maxIdle: number;
}

export const DEFAULT_ENDPOINTS: EndpointsOptions = {
  maxConcurrent: 64,
  maxConcurrentWhenSlow: 16,
  quickMs: 250,
  maxConcurrentPerHost: 64,
  openAfterFailures: 20,
  halfOpenAfterMs: 5_000,
  maxIdle: 10_000,
};

/** Where a subscription sends, as it stands in the database. */
export type Destination = Pick<Attempt, 'target'> & {
  /** RFC 3339; `null` when it is not muted. */
  readonly mutedUntil?: string | null;
};

/** What the attempt itself says about where it goes. */
export interface Route extends Partial<Destination> {
  /** Whose subscription the key is; left out where it is none, and never has another target. */
  readonly tenantId?: string;
  /** A manual retry always runs. */
  readonly force?: boolean;
  /** Left out where the channel has limits of its own. */
  readonly host?: string | undefined;
  /** When the channel may send there next, in milliseconds since the epoch; it sends one at a time then. */
  readonly freeAt?: (() => number) | undefined;
  /** How many events the channel sends in one message; left out: one. */
  readonly together?: number | undefined;
  /** How many attempts may begin in any second; `null` for as many as the endpoint takes. */
  readonly rateLimit?: number | null;
}

interface Endpoint extends Pick<Route, 'tenantId' | 'target'> {
  readonly lastSecond: LastSecond;
  /** As the last attempt said it. */
  rateLimit?: number | null;
  readonly breaker: CircuitBreakerPolicy;
  /** How many attempts may run at once: more after each quick answer, half of them after a failure. */
  window: number;
  openUntil: number;
  /** Until then the endpoint has asked to be left alone. */
  quietUntil: number;
  /** Until then its subscriber wants to hear nothing. */
  mutedUntil: number;
  /** Since when nothing but single attempts has been sent there. */
  heldSince?: number | undefined;
  host?: string | undefined;
  freeAt?: (() => number) | undefined;
  together?: number | undefined;
  /** Attempts that run. */
  users: number;
  /** When it was last looked up whether staff have changed where it is. */
  lookedUpAt: number;
}

/** Marks a result that the circuit breaker counts as a failure of the endpoint. */
class Unhealthy {
  constructor(readonly result: AttemptResult) {}
}

/** How often is looked up where an endpoint is that is left alone. */
const LOOK_UP_MS = 1_000;
/** A delivery that finds out that its subscription is muted waits with the others, and is due soon when the mute ends early. */
const MUTED_RETRY_MS = 1_000;
/** How long to back off from a host that is full: about as long as one of its attempts takes. */
const BUSY_RETRY_MS = 250;

/**
 * How fast each endpoint can take deliveries, by subscription id: a window of attempts that run at once, a circuit
 * breaker, what the endpoint or the channel asked for, and a bound for each host. The worker asks before it takes a
 * delivery (`Pace`), so what must wait lies in the database untouched.
 */
export class Endpoints implements Pace {
  /** Never forgotten: forgetting one would let a second set of attempts run beside the first. */
  readonly #busy = new Map<string, Endpoint>();
  readonly #idle: BoundedMap<string, Endpoint>;
  readonly #hosts: Hosts;

  /** @param lookUp where a subscription sends now: what its former target did must not hold it back */
  constructor(
    private readonly options: EndpointsOptions = DEFAULT_ENDPOINTS,
    private readonly lookUp: (row: SealedRow) => Promise<Destination | undefined> = async () => undefined,
  ) {
    this.#idle = new BoundedMap(options.maxIdle);
    this.#hosts = new Hosts(options.maxConcurrentPerHost);
  }

  /** How many endpoints are remembered. */
  get size(): number {
    return this.#busy.size + this.#idle.size;
  }

  places(key: string): number {
    const endpoint = this.#known(key);
    if (!endpoint) return FIRST_WINDOW;
    if (endpoint.freeAt || endpoint.breaker.state !== CircuitState.Closed) return 1;
    const { host, window, users, rateLimit } = endpoint;
    const share = host === undefined ? window : this.#hosts.share(host);
    const inTime = rateLimit ? users + endpoint.lastSecond.room(rateLimit, Date.now()) : window;
    return Math.max(1, Math.min(window, share, inTime));
  }

  /** Of an endpoint that is not known yet the first event goes by itself, and at once. */
  together(key: string): number {
    return this.#known(key)?.together ?? 1;
  }

  pausedUntil(key: string): number | undefined {
    const endpoint = this.#known(key);
    if (!endpoint) return undefined;
    const now = Date.now();
    const until = Math.max(
      endpoint.openUntil,
      endpoint.quietUntil,
      endpoint.mutedUntil,
      endpoint.freeAt?.() ?? 0,
    );
    if (until <= now) {
      // So short a pause is no reason to look where it is.
      const inTime = nextInTime(endpoint, now);
      return inTime > now ? inTime : undefined;
    }
    if (endpoint.lookedUpAt + LOOK_UP_MS <= now) void this.#lookUp(key, endpoint, now);
    return until;
  }

  /**
   * Since when the endpoint has been left alone, because it failed or asked for it, in milliseconds since the epoch;
   * absent when its last attempt went well, or it was another target's.
   */
  heldSince(key: string, target?: string): number | undefined {
    const endpoint = this.#known(key);
    return endpoint && endpoint.target === target ? endpoint.heldSince : undefined;
  }

  /** Whether attempts are made there: all that fit, none, or single ones that try it. */
  circuit(key: string): 'CLOSED' | 'OPEN' | 'HALF_OPEN' {
    const endpoint = this.#known(key);
    if (!endpoint || endpoint.breaker.state === CircuitState.Closed) return 'CLOSED';
    return endpoint.openUntil > Date.now() ? 'OPEN' : 'HALF_OPEN';
  }

  /** Runs the attempt, unless its host is full or its circuit is open. */
  async run(key: string, attempt: () => Promise<AttemptResult>, route: Route = {}): Promise<AttemptResult> {
    if (route.force) return attempt();
    const known = this.#known(key);
    const endpoint = known && known.target === route.target ? known : this.#create(route);
    endpoint.mutedUntil = timeOf(route.mutedUntil);
    if (endpoint.mutedUntil > Date.now()) return this.#muted(key, endpoint, route);
    // While one attempt tests a half-open circuit, the library would make the others wait in memory.
    if (endpoint.breaker.state === CircuitState.HalfOpen) return this.#circuitOpen(endpoint);
    const { host, freeAt, together, rateLimit } = route;
    endpoint.rateLimit = rateLimit ?? null;
    const now = Date.now();
    const inTime = nextInTime(endpoint, now);
    if (inTime > now) return tooFast(endpoint, inTime - now);
    if (host !== undefined && !this.#hosts.enter(host, key)) return this.#hostFull();
    if (rateLimit) endpoint.lastSecond.begin(now);
    endpoint.host = host;
    endpoint.freeAt = freeAt;
    endpoint.together = together;
    this.#enter(key, endpoint);
    try {
      const startedAt = performance.now();
      const result = await this.#throughCircuit(endpoint, attempt);
      this.#learn(endpoint, result, performance.now() - startedAt);
      return result;
    } finally {
      if (host !== undefined) this.#hosts.leave(host, key);
      this.#leave(key, endpoint);
    }
  }

  async #throughCircuit(endpoint: Endpoint, attempt: () => Promise<AttemptResult>): Promise<AttemptResult> {
    try {
      const outcome = await endpoint.breaker.execute(() => judged(attempt));
      return outcome instanceof Unhealthy ? outcome.result : outcome;
    } catch (error) {
      if (error instanceof BrokenCircuitError) return this.#circuitOpen(endpoint);
      throw error;
    }
  }

  #learn(endpoint: Endpoint, result: AttemptResult, tookMs: number): void {
    endpoint.window = nextWindow(endpoint.window, result, tookMs, this.options);
    const now = Date.now();
    if (result.kind === 'response' && result.status === 429 && result.retryAt !== undefined) {
      endpoint.quietUntil = Math.min(result.retryAt, now + MAX_RETRY_AFTER_MS);
      endpoint.heldSince ??= now;
    } else if (result.kind !== 'not-attempted' && !speaksAgainstEndpoint(result))
      endpoint.heldSince = undefined;
  }

  #circuitOpen({ openUntil }: Endpoint): NotAttempted {
    return {
      kind: 'not-attempted',
      reason: 'breaker-open',
      detail: `this endpoint failed ${this.options.openAfterFailures} times in a row`,
      retryAfterMs: Math.max(BUSY_RETRY_MS, openUntil - Date.now()),
    };
  }

  /** That it was left alone so long is nothing that it did: no step of the schedule passes. */
  #muted(key: string, endpoint: Endpoint, { freeAt, together }: Route): NotAttempted {
    endpoint.heldSince = undefined;
    endpoint.freeAt = freeAt;
    endpoint.together = together;
    this.#enter(key, endpoint);
    this.#leave(key, endpoint);
    const detail = 'the subscription is muted';
    return { kind: 'not-attempted', reason: 'muted', detail, retryAfterMs: MUTED_RETRY_MS };
  }

  #hostFull(): NotAttempted {
    const detail = `${this.options.maxConcurrentPerHost} attempts are running for this host`;
    return { kind: 'not-attempted', reason: 'busy', detail, retryAfterMs: BUSY_RETRY_MS };
  }

  /** A database that does not answer is asked again a moment later; until then nothing has changed. */
  async #lookUp(key: string, endpoint: Endpoint, now: number): Promise<void> {
    endpoint.lookedUpAt = now;
    const { tenantId, target } = endpoint;
    if (tenantId === undefined) return;
    const found = await this.lookUp({ tenantId, subscriptionId: key }).catch(() => undefined);
    if (found === undefined || this.#known(key) !== endpoint) return;
    endpoint.mutedUntil = timeOf(found.mutedUntil);
    if (found.target === target) return;
    this.#busy.delete(key);
    this.#idle.delete(key);
  }

  #known(key: string): Endpoint | undefined {
    return this.#busy.get(key) ?? this.#idle.get(key);
  }

  #enter(key: string, endpoint: Endpoint): void {
    endpoint.users += 1;
    this.#idle.delete(key);
    this.#busy.set(key, endpoint);
  }

  #leave(key: string, endpoint: Endpoint): void {
    endpoint.users -= 1;
    // Another target's may have taken its place.
    if (endpoint.users > 0 || this.#busy.get(key) !== endpoint) return;
    this.#busy.delete(key);
    this.#idle.set(key, endpoint);
  }

  #create({ tenantId, target }: Route): Endpoint {
    const { openAfterFailures, halfOpenAfterMs } = this.options;
    const breaker = circuitBreaker(
      handleWhenResult((outcome) => outcome instanceof Unhealthy),
      { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(openAfterFailures) },
    );
    const endpoint: Endpoint = {
      ...{ breaker, window: FIRST_WINDOW, lastSecond: new LastSecond() },
      ...(tenantId !== undefined && { tenantId }),
      ...(target !== undefined && { target }),
      ...{ openUntil: 0, quietUntil: 0, mutedUntil: 0, users: 0, lookedUpAt: 0 },
    };
    breaker.onBreak(() => {
      endpoint.heldSince ??= Date.now();
      endpoint.openUntil = Date.now() + halfOpenAfterMs;
    });
    return endpoint;
  }
}

/** When the next attempt may begin by the rate limit of the subscription. */
const nextInTime = ({ rateLimit, lastSecond }: Endpoint, now: number): number =>
  rateLimit ? lastSecond.nextAt(rateLimit, now) : now;

const timeOf = (at: string | null | undefined): number => (at ? Date.parse(at) : 0);

const tooFast = ({ rateLimit }: Endpoint, retryAfterMs: number): NotAttempted => ({
  kind: 'not-attempted',
  reason: 'throttled',
  detail: `${rateLimit} attempts a second may begin for this subscription`,
  retryAfterMs,
});

async function judged(attempt: () => Promise<AttemptResult>): Promise<AttemptResult | Unhealthy> {
  const result = await attempt();
  return speaksAgainstEndpoint(result) ? new Unhealthy(result) : result;
}
