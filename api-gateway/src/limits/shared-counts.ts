import { BoundedMap } from '@comanda/kit';
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** Of the counts that this process knows, the one that was used least recently makes room for a new one. */
const MAX_KNOWN = 100_000;
/** A Redis that hangs would make each request wait for its time-out; after a few it is not asked for a while. */
const FAILURES_TO_OPEN = 3;
const PAUSE_MS = 1_000;

/** KEYS: the count. ARGV: how many are added, when the last of them was, for how many milliseconds it is kept. */
const ADD = `
local count = redis.call('HINCRBY', KEYS[1], 'count', ARGV[1])
redis.call('HSET', KEYS[1], 'lastAt', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return count`;

const Counted = z.number().int();
const Stored = z.tuple([z.coerce.number().int(), z.coerce.number().int()]);

export interface Count {
  readonly count: number;
  /** When the last one was counted, in milliseconds since 1970; 0 when nothing was. */
  readonly lastAt: number;
}

const NOTHING: Count = { count: 0, lastAt: 0 };

interface Known {
  count: number;
  lastAt: number;
  /** Of `count`, what Redis has not heard of. */
  unshared: number;
  until: number;
}

/** What is asked of Redis. */
export type CountingRedis = Pick<Redis, 'status' | 'eval' | 'hmget' | 'del'>;

/**
 * Counts that all instances of the gateway share through Redis. While Redis is away, or too slow, each instance goes on
 * counting from what it knows, and tells Redis afterwards what it missed: a count is never absent, and never a failure.
 */
export class SharedCounts {
  readonly #known = new BoundedMap<string, Known>(MAX_KNOWN);
  readonly #breaker = circuitBreaker(handleAll, {
    halfOpenAfter: PAUSE_MS,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  });

  constructor(
    private readonly redis: CountingRedis,
    private readonly clock: () => number = Date.now,
  ) {}

  /** The count as far as this process knows it, without asking. */
  known(key: string): Count {
    const known = this.#known.get(key);
    if (known === undefined || known.until > this.clock()) return known ?? NOTHING;
    this.#known.delete(key);
    return NOTHING;
  }

  /** Counts one more; it is forgotten `keptMs` after the last one. */
  async add(key: string, keptMs: number): Promise<Count> {
    const now = this.clock();
    const known = this.#entry(key, keptMs);
    known.count++;
    known.lastAt = now;
    known.until = now + keptMs;
    return this.#share(key, known, 1, keptMs);
  }

  async read(key: string, keptMs: number): Promise<Count> {
    const { count } = this.known(key);
    const known = this.#known.get(key);
    if (count > 0 && known !== undefined && known.unshared > 0) return this.#share(key, known, 0, keptMs);
    const stored = await this.#ask(() => this.redis.hmget(nameOf(key), 'count', 'lastAt'));
    if (stored === undefined) return this.known(key);
    if (stored[0] === null) {
      this.#known.delete(key);
      return NOTHING;
    }
    const [shared, lastAt] = Stored.parse(stored);
    this.#known.set(key, { count: shared, lastAt, unshared: 0, until: lastAt + keptMs });
    return { count: shared, lastAt };
  }

  async clear(key: string): Promise<void> {
    this.#known.delete(key);
    await this.#ask(() => this.redis.del(nameOf(key)));
  }

  async #share(key: string, known: Known, added: number, keptMs: number): Promise<Count> {
    const unshared = known.unshared + added;
    // Another request for the same key, meanwhile, must not tell Redis the same again.
    known.unshared = 0;
    const { count, lastAt } = known;
    const shared = await this.#ask(async () =>
      Counted.parse(await this.redis.eval(ADD, 1, nameOf(key), unshared, lastAt, keptMs)),
    );
    if (shared === undefined) {
      known.unshared += unshared;
      return { count, lastAt };
    }
    // A Redis that was emptied counts less than was counted here.
    known.unshared += Math.max(0, count - shared);
    known.count = Math.max(known.count, shared);
    return { count: Math.max(count, shared), lastAt };
  }

  #entry(key: string, keptMs: number): Known {
    this.known(key); // forgets one that is over
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fresh = { ...NOTHING, unshared: 0, until: this.clock() + keptMs };
    this.#known.set(key, fresh);
    return fresh;
  }

  /** The answer of Redis; `undefined` when there is none. */
  async #ask<T>(roundTrip: () => Promise<T>): Promise<T | undefined> {
    // One request tests whether Redis is back; the others don't wait for its outcome.
    if (this.redis.status !== 'ready' || this.#breaker.state === CircuitState.HalfOpen) return undefined;
    try {
      return await this.#breaker.execute(roundTrip);
    } catch {
      return undefined;
    }
  }
}

const nameOf = (key: string): string => `limit:${key}`;
