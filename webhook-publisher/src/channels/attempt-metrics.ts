import type { AttemptResult, NotAttempted } from '../domain/attempt-result.js';
import { Busiest } from '../domain/busiest.js';
import { metrics } from '../metrics.js';

/** How many subscriptions have series of their own, and for how long before they are chosen anew. */
const MOST = 20;
const WINDOW_MS = 10 * 60_000;

const RESULTS = [
  ...['delivered', '3xx', '4xx', '5xx', 'no status', 'refused', 'moved'],
  ...['timeout', 'network', 'dns', 'unsafe-target', 'not-configured'],
] as const;
type Result = (typeof RESULTS)[number];

const busiest = new Busiest(MOST, WINDOW_MS, (subscription) => {
  metrics.attemptSeconds.remove({ subscription });
  for (const result of RESULTS) metrics.attempts.remove({ subscription, result });
});

/** Counts an attempt; one that was not made is none. */
export function countInMetrics(subscriptionId: string, result: AttemptResult): void {
  if (result.kind === 'not-attempted') return;
  const subscription = busiest.nameOf(subscriptionId, Date.now());
  metrics.attempts.inc({ subscription, result: resultOf(result) });
  metrics.attemptSeconds.observe({ subscription }, result.durationMs / 1_000);
}

function resultOf(result: Exclude<AttemptResult, NotAttempted>): Result {
  if (result.kind === 'failure') return result.reason;
  if (result.kind !== 'response') return result.kind;
  const { status } = result;
  if (status >= 200 && status < 300) return 'delivered';
  if (status < 300 || status > 599) return 'no status';
  return status < 400 ? '3xx' : status < 500 ? '4xx' : '5xx';
}
