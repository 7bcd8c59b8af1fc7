import { trustedCaOf } from '@comanda/kit';
import { Redis } from 'ioredis';

/** Where a Redis with default settings listens. */
export const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379';

/** Whether a Redis at this URL lets us in and answers PING. */
export async function redisAnswers(url: string, timeoutMs = 3_000): Promise<boolean> {
  const { url: address, ...trusted } = trustedCaOf(url);
  const client = new Redis(address, {
    ...(trusted.ca && { tls: trusted }),
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    // The probe only asks whether the server answers, so every error means no.
    return false;
  } finally {
    // After the connection has ended, this call would leave a timer behind.
    if (client.status !== 'end') client.disconnect();
  }
}
