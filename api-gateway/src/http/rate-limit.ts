import { Problem } from '../problems/problem.js';

const WINDOW_MS = 60_000;
/** More callers than this in one minute share what is left: memory stays bounded under any flood of addresses. */
const MAX_CALLERS = 100_000;
const THE_REST = '(others)';

/** The fields of draft-ietf-httpapi-ratelimit-headers, for every answer that was counted. */
export interface RateLimitHeaders {
  readonly 'ratelimit-policy': string;
  readonly ratelimit: string;
}

/** Counts requests per caller in windows of a minute, which begin for all at the same time. In this process only. */
export class RateLimit {
  readonly #counts = new Map<string, number>();
  #windowEnds = 0;

  /** @param perMinute how many requests a caller may send; 0 for any number */
  constructor(
    private readonly perMinute: number,
    private readonly clock: () => number = Date.now,
  ) {}

  /** Counts one request; `undefined` when there is no limit. Throws a 429 problem when there were too many. */
  take(caller: string): RateLimitHeaders | undefined {
    if (this.perMinute === 0) return undefined;
    const now = this.clock();
    if (now >= this.#windowEnds) {
      this.#counts.clear();
      this.#windowEnds = now - (now % WINDOW_MS) + WINDOW_MS;
    }
    const key = this.#counts.has(caller) || this.#counts.size < MAX_CALLERS ? caller : THE_REST;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    const seconds = Math.ceil((this.#windowEnds - now) / 1000);
    const headers = {
      'ratelimit-policy': `"default";q=${this.perMinute};w=${WINDOW_MS / 1000}`,
      ratelimit: `"default";r=${Math.max(0, this.perMinute - count)};t=${seconds}`,
    };
    if (count <= this.perMinute) return headers;
    throw new Problem(
      429,
      'TOO_MANY_REQUESTS',
      `At most ${this.perMinute} requests a minute. Try again in ${seconds} s.`,
      { headers: { ...headers, 'retry-after': String(seconds) } },
    );
  }
}
