import { isNotUpYet, type Logger, trustedCaOf, whyNotReached } from '@comanda/kit';
import { Redis } from 'ioredis';

/** Redis and services often start together: for so long a service does not warn of a Redis that was never there. */
const FIRST_MS = 60_000;
/** Where an operator says which Redis, and whom to trust there. */
const SETTINGS = { url: 'REDIS_URL', ca: 'REDIS_CA' };
/** What ioredis says of a command, also of its own first one, that is not answered in time. */
const TOO_LATE = 'Command timed out';

export interface RedisSettings {
  /** `redis://:password@host:port` */
  readonly url: string;
  /** Stands before each key of ours; none when empty. */
  readonly prefix: string;
}

/**
 * A Redis client for calls that may fail: commands time out quickly, nothing queues while Redis is away, and the client
 * reconnects by itself. It puts the prefix before the keys of every command and script, so nobody who uses it has to
 * know it. A wrong password is a Redis that is away.
 */
export function connectRedis({ url, prefix }: RedisSettings, logger: Pick<Logger, 'info' | 'warn'>): Redis {
  const { url: address, ...trusted } = trustedCaOf(url);
  const redis = new Redis(address, {
    ...(trusted.ca && { tls: trusted }),
    keyPrefix: prefix,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 250,
    connectTimeout: 2_000,
    // A command that timed out still waits for its answer; closing the connection drops it.
    socketTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(200 * attempt, 3_000),
  });
  const createdAt = performance.now();
  let wasThere = false;
  let waiting = false;
  let away = false;
  redis.on('ready', () => {
    logger.info({}, away ? 'Redis is back' : 'connected to Redis');
    wasThere = true;
    away = false;
  });
  redis.on('error', (error: Error) => {
    const mayBeStarting = !wasThere && (isNotUpYet(error) || error.message === TOO_LATE);
    if (mayBeStarting && performance.now() - createdAt < FIRST_MS) {
      if (!waiting)
        logger.info({ error: error.message }, 'waiting for Redis; going on without the fast path');
      waiting = true;
      return;
    }
    if (!away)
      logger.warn({ error: whyNotReached(error, SETTINGS) }, 'Redis is away; going on without the fast path');
    away = true;
  });
  return redis;
}
