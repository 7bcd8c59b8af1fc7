import { Problem } from '../problems/problem.js';
import type { SharedCounts } from './shared-counts.js';

const WINDOW_MS = 60_000;
/** Tests of subscriptions: each is a request to somebody's endpoint, which a caller may make at will. */
export const TESTS_PER_MINUTE = 30;

/** What is counted apart: a caller who has used up one of them may still use the others. */
export type Bucket = 'default' | 'auth' | 'callbacks' | 'tests';

/** The fields of draft-ietf-httpapi-ratelimit-headers, for every answer that was counted. */
export interface RateLimitHeaders {
  readonly 'ratelimit-policy': string;
  readonly ratelimit: string;
}

/** Counts requests per bucket and caller in windows of a minute, which begin for all at the same time. */
export class RateLimit {
  /** @param perMinute how many requests a caller may send; 0 for any number */
  constructor(
    private readonly counts: Pick<SharedCounts, 'known' | 'add'>,
    private readonly perMinute: Readonly<Record<Bucket, number>>,
    private readonly clock: () => number = Date.now,
  ) {}

  /** Counts one request; `undefined` when there is no limit. Throws a 429 problem when there were too many. */
  async take(bucket: Bucket, caller: string): Promise<RateLimitHeaders | undefined> {
    const most = this.perMinute[bucket];
    if (most === 0) return undefined;
    const now = this.clock();
    const began = now - (now % WINDOW_MS);
    const untilNext = began + WINDOW_MS - now;
    const key = `${bucket}:${began / WINDOW_MS}:${caller}`;
    // A caller who is over the limit already costs no more than this look.
    const refused = this.counts.known(key).count > most;
    const { count } = refused ? this.counts.known(key) : await this.counts.add(key, untilNext);
    const seconds = Math.ceil(untilNext / 1000);
    const headers = {
      'ratelimit-policy': `"${bucket}";q=${most};w=${WINDOW_MS / 1000}`,
      ratelimit: `"${bucket}";r=${Math.max(0, most - count)};t=${seconds}`,
    };
    if (count <= most) return headers;
    throw new Problem(
      429,
      'TOO_MANY_REQUESTS',
      `At most ${most} requests a minute. Try again in ${seconds} s.`,
      { headers: { ...headers, 'retry-after': String(seconds) } },
    );
  }
}
