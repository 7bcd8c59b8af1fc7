import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { latencyFigures } from './figures.mjs';

/** Enough that no order waits for a free connection unless the service is far behind. */
const CONNECTIONS = 100;

/**
 * Orders at a fixed rate, evenly spaced, whether or not earlier ones were answered. A latency counts from the
 * moment at which the order was due, not from when it could be sent: a service that stalls can't slow the clock it
 * is measured by (coordinated omission). Includes the timer's own lateness, up to about a millisecond.
 */
export async function paced(target, { seconds, perSecond, warmUpSeconds }) {
  const { origin, pathname, search } = new URL(target.url);
  const pool = new Pool(origin, { connections: CONNECTIONS });
  const place = async (dueAt, latencies, failures) => {
    try {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        ...target,
        path: pathname + search,
      });
      await body.dump();
      if (statusCode >= 300) failures.push(`status ${statusCode}`);
      else latencies.push(performance.now() - dueAt);
    } catch (error) {
      failures.push(error.message);
    }
  };

  const run = async (orders) => {
    const latencies = [];
    const failures = [];
    const running = [];
    const start = performance.now();
    for (let i = 0; i < orders; i += 1) {
      const dueAt = start + (i * 1000) / perSecond;
      const early = dueAt - performance.now();
      if (early > 0) await delay(early);
      running.push(place(dueAt, latencies, failures));
    }
    await Promise.all(running);
    return { latencies, failures };
  };

  await run(warmUpSeconds * perSecond);
  const { latencies, failures } = await run(seconds * perSecond);
  await pool.close();
  return { ...latencyFigures(latencies), failed: failures.length, firstFailure: failures[0] };
}
