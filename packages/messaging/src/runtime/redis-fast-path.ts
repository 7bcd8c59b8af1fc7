import { randomUUID } from 'node:crypto';
import { ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { metrics } from '../metrics.js';
import type { Arrival, FastPath, Seen } from './ports.js';

export const PROCESSED_SECONDS = 24 * 3600;
/** Longer than any processed key that it covers, and shorter than the inbox remembers. */
export const LATEST_SECONDS = 2 * PROCESSED_SECONDS;
const LOCK_SECONDS = 10;
/** Without Redis each batch would pay its time-out; after a few failures it is not asked for a while. */
const PAUSE_MS = 1_000;

/**
 * KEYS: for each message its processed key, then for each its lock. ARGV: our token, a lock's seconds, and for each
 * message 1 when it was redelivered. Answers for each message: 0 ours, 1 busy, 2 processed.
 */
const ASK = `
local count, answers = #KEYS / 2, {}
for at = 1, count do
  local lock = KEYS[count + at]
  if redis.call('EXISTS', KEYS[at]) == 1 then answers[at] = 2
  elseif string.sub(ARGV[3], at, at) == '1' then redis.call('SET', lock, ARGV[1], 'EX', ARGV[2]); answers[at] = 0
  elseif redis.call('SET', lock, ARGV[1], 'NX', 'EX', ARGV[2]) then answers[at] = 0
  else answers[at] = 1 end
end
return answers`;
const [BUSY, PROCESSED] = [1, 2];

/**
 * KEYS: the latest of each instance, processed keys to set, then locks to release. ARGV: our token, how many processed
 * keys, their seconds, the number of this call, the event that was committed last, the seconds of the first key. Only
 * who holds a lock may release it. The latest comes first: whatever ends the script, no key is there that it does not
 * cover. A call that reaches Redis after a later one does not set it back.
 */
const SETTLE = `
local done = tonumber(ARGV[2])
if done > 0 then
  local latest = redis.call('HGET', KEYS[1], ARGV[1])
  if not latest or tonumber(string.match(latest, '^%d+')) < tonumber(ARGV[4]) then
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[4] .. ' ' .. redis.call('TIME')[1] .. ' ' .. ARGV[5])
  end
  redis.call('EXPIRE', KEYS[1], ARGV[6])
end
for at = 2, done + 1 do redis.call('SET', KEYS[at], '1', 'EX', ARGV[3]) end
for at = done + 2, #KEYS do if redis.call('GET', KEYS[at]) == ARGV[1] then redis.call('DEL', KEYS[at]) end end`;

/** KEYS: the latest of each instance. ARGV: after how many seconds one does not count. Answers the ids of those that do. */
const LATEST = `
local now, all, ids = redis.call('TIME')[1], redis.call('HGETALL', KEYS[1]), {}
for at = 1, #all, 2 do
  local seconds, id = string.match(all[at + 1], '^%d+ (%d+) (.+)$')
  if now - seconds > tonumber(ARGV[1]) then redis.call('HDEL', KEYS[1], all[at]) else ids[#ids + 1] = id end
end
return ids`;

const Answers = z.array(z.number());
const Ids = z.array(z.string());

const NOTHING_SEEN: Seen = { processed: new Set(), busy: new Set() };

/**
 * What saves work but never decides: one script, and so one command, asks Redis for a whole batch which messages are
 * done (`processed:*`, 24 h) and takes their locks (`lock:*`, SET NX, 10 s). When Redis is down, slow, or was emptied,
 * every message goes through the inbox, which decides.
 */
export class RedisFastPath implements FastPath {
  readonly #token = randomUUID();
  #settled = 0;
  readonly #breaker = circuitBreaker(handleAll, {
    halfOpenAfter: PAUSE_MS,
    breaker: new ConsecutiveBreaker(3),
  });

  /**
   * @param consumer the service: the same message has its own keys in each
   * @param incarnation the life of its database: what was done in a former one may be undone
   */
  constructor(
    private readonly redis: Redis,
    private readonly consumer: string,
    private readonly incarnation: string,
  ) {}

  ask(arrivals: readonly Arrival[]): Promise<Seen> {
    // A message that is there twice is asked for once: its second copy would find the first one's lock and take the
    // message for busy, and both would wait, come back together and do so again.
    const messages = [...new Map(arrivals.map((arrival) => [arrival.id, arrival])).values()];
    return this.#try(NOTHING_SEEN, async () => {
      const keys = [
        ...messages.map(({ id }) => this.#processed(id)),
        ...messages.map(({ id }) => this.#lock(id)),
      ];
      // The broker redelivered the message, so its former holder has lost it: that lock does not count.
      const redelivered = messages.map((message) => (message.redelivered ? '1' : '0')).join('');
      const answers = Answers.parse(
        await this.redis.eval(ASK, keys.length, ...keys, this.#token, LOCK_SECONDS, redelivered),
      );
      const answered = (what: number) =>
        new Set(messages.filter((_, at) => answers[at] === what).map(({ id }) => id));
      return { processed: answered(PROCESSED), busy: answered(BUSY) };
    });
  }

  /** Remembers what is committed and lets go of the locks. */
  async settle({ done, held, last }: Parameters<FastPath['settle']>[0]): Promise<void> {
    if (done.length + held.length === 0) return;
    this.#settled += 1;
    const latest = [this.#settled, last ?? '', LATEST_SECONDS];
    await this.#try(undefined, async () => {
      const keys = [
        latestKey(this.consumer, this.incarnation),
        ...done.map((id) => this.#processed(id)),
        ...held.map((id) => this.#lock(id)),
      ];
      await this.redis.eval(
        SETTLE,
        keys.length,
        ...keys,
        this.#token,
        done.length,
        PROCESSED_SECONDS,
        ...latest,
      );
    });
  }

  async #try<T>(otherwise: T, roundTrip: () => Promise<T>): Promise<T> {
    try {
      return await this.#breaker.execute(roundTrip);
    } catch {
      // Nothing is lost without Redis: the inbox decides. The count says how often it was done without.
      metrics.fastPathErrors.inc();
      return otherwise;
    }
  }

  #processed(id: string): string {
    return `processed:${this.consumer}:${this.incarnation}:${id}`;
  }

  #lock(id: string): string {
    return `lock:${this.consumer}:${id}`;
  }
}

/** A hash of one field for each instance: with one for all, the late word of one would hide what another did after it. */
const latestKey = (consumer: string, incarnation: string): string => `latest:${consumer}:${incarnation}`;

/**
 * The event that each instance settled last in this incarnation; everything that is remembered as processed was
 * committed before one of them, or with it. Rejects when Redis does not answer.
 */
export async function latestSettled(
  redis: Redis,
  consumer: string,
  incarnation: string,
): Promise<ReadonlySet<string>> {
  return new Set(Ids.parse(await redis.eval(LATEST, 1, latestKey(consumer, incarnation), LATEST_SECONDS)));
}
