import { newId } from '@comanda/contracts';
import { expect, test } from '@jest/globals';
import { metrics } from '../metrics.js';
import { anAnswer } from '../testing/an-answer.js';
import { countInMetrics } from './attempt-metrics.js';

const totals = async () =>
  (await metrics.attempts.get()).values.map(({ labels, value }) => [
    labels.subscription,
    labels.result,
    value,
  ]);

test('attempts count by subscription and result; beyond twenty subscriptions they count as one, however many', async () => {
  const [first = '', ...rest] = Array.from({ length: 100 }, newId);
  for (const status of [200, 204, 302, 404, 503, 101, 777]) countInMetrics(first, anAnswer(status));
  countInMetrics(first, { kind: 'failure', reason: 'timeout', detail: 'no answer', durationMs: 10_000 });
  countInMetrics(first, { kind: 'refused', status: 403, detail: 'blocked', durationMs: 5 });
  countInMetrics(first, { kind: 'not-attempted', reason: 'busy', detail: 'full', retryAfterMs: 5 });
  expect(await totals()).toEqual(
    [
      ...[['delivered', 2] as const, ['3xx', 1] as const, ['4xx', 1] as const, ['5xx', 1] as const],
      ...[['no status', 2] as const, ['timeout', 1] as const, ['refused', 1] as const],
    ].map(([result, value]) => [first, result, value]),
  );
  for (const one of rest) countInMetrics(one, anAnswer(200));
  const names = new Map((await totals()).map(([name, , value]) => [name, value]));
  expect(names.size).toBe(21);
  expect(names.get('other')).toBe(80);
  const counted = (await metrics.attemptSeconds.get()).values.filter(
    ({ metricName, labels }) => metricName?.endsWith('_count') && labels.subscription === first,
  );
  expect(counted.map(({ value }) => value)).toEqual([9]);
});
