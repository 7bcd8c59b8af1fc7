import type { Redis } from 'ioredis';
import Redlock from 'redlock';

const CLAIM_MS = 1_000;

/**
 * Keeps several instances from looking for the same due work at the same moment. It only saves wasted effort: the
 * claim itself is one conditional statement, and the lease's fence decides whose result counts.
 */
export class ClaimLock {
  readonly #redlock: Redlock;
  readonly #refused = new Set<string>();

  constructor(
    private readonly redis: Redis,
    private readonly service: string,
  ) {
    // Its types describe an older ioredis; what it calls (eval, evalsha) is there unchanged.
    const client = redis as unknown as Redlock.CompatibleRedisClient;
    this.#redlock = new Redlock([client], { retryCount: 0 });
    this.#redlock.on('clientError', () => undefined); // said by the Redis client's own log; here it changes nothing
  }

  /** Runs `claim` unless another instance claims right now; never refuses twice in a row, in case Redis is at fault. */
  async around<T>(kind: string, claim: () => Promise<T[]>): Promise<T[]> {
    if (this.redis.status !== 'ready') return claim();
    const resource = `lock:work:${this.service}:${kind}`;
    const lock = await this.#redlock.lock(resource, CLAIM_MS).then(
      (lock) => lock,
      () => undefined,
    );
    if (!lock && !this.#refused.has(kind)) {
      this.#refused.add(kind);
      return [];
    }
    this.#refused.delete(kind);
    try {
      return await claim();
    } finally {
      // It runs out by itself within a second when Redis does not answer now.
      lock?.unlock().then(undefined, () => undefined);
    }
  }
}
