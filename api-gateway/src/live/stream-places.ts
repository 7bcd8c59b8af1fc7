import { newId } from '@comanda/contracts';
import { LOGGER, REDIS } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { Problem } from '../problems/problem.js';

const MOST_OF_A_CALLER = 20;
/** A place that nobody keeps, because its instance died, is free after this time. */
const KEPT_MS = 20_000;

/** By the clock of Redis, which is one for all instances. Gives 1 when the place is taken, 0 when there is none. */
const TAKE = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1`;

/** The place of a stream that is open. */
export interface StreamPlace {
  /** Says that it is still taken; more often than every 20 s. */
  keep(): void;
  leave(): void;
}

/** How many streams each caller has open: at all instances together and, while Redis is away, at this one. */
@Injectable()
export class StreamPlaces {
  readonly #here = new Map<string, number>();

  constructor(
    @Inject(REDIS) private readonly redis: Pick<Redis, 'status' | 'eval' | 'zrem'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws Problem 429 when the caller has too many streams */
  async take(caller: string): Promise<StreamPlace> {
    if ((this.#here.get(caller) ?? 0) >= MOST_OF_A_CALLER) throw tooMany();
    // At once: nobody else takes it while Redis is asked.
    this.#count(caller, 1);
    const [name, place] = [`streams:${caller}`, newId()];
    const take = (most: number) => this.#ask(() => this.redis.eval(TAKE, 1, name, place, KEPT_MS, most));
    if ((await take(MOST_OF_A_CALLER)) === 0) {
      this.#count(caller, -1);
      throw tooMany();
    }
    return {
      keep: () => void take(Number.MAX_SAFE_INTEGER),
      leave: () => {
        this.#count(caller, -1);
        void this.#ask(() => this.redis.zrem(name, place));
      },
    };
  }

  #count(caller: string, more: 1 | -1): void {
    const count = (this.#here.get(caller) ?? 0) + more;
    if (count > 0) this.#here.set(caller, count);
    else this.#here.delete(caller);
  }

  /** The answer of Redis; `undefined` while there is none. */
  async #ask(ask: () => Promise<unknown>): Promise<unknown> {
    if (this.redis.status !== 'ready') return undefined;
    try {
      return await ask();
    } catch (error) {
      this.logger.debug({ error: String(error) }, 'streams are counted at this instance alone');
      return undefined;
    }
  }
}

const tooMany = (): Problem =>
  new Problem(
    429,
    'TOO_MANY_STREAMS',
    `At most ${MOST_OF_A_CALLER} streams may be open at once. Close one first.`,
    { headers: { 'retry-after': '10' } },
  );
