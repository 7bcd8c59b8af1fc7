import { statSync } from 'node:fs';
import { filesIn, sample } from '../../test/dist/grown/grow.js';
import { startChild } from '../measure/child.mjs';

const SAMPLE_ORDERS = 1_000;
/** All of it happened within a day, so nothing is so old that housekeeping would have removed it. */
const SPAN_MS = 20 * 3_600_000;
const AT_ONCE = 2;

/**
 * Fills the databases of a platform with so many orders: a sample of trade on it, and then, when it has stopped, copies of
 * what its services wrote.
 *
 * @param {import('../measure/subject.mjs').Subject} subject runs on these files; it is stopped
 * @returns {Promise<{ rows: number, bytes: number, seconds: number }>}
 */
export async function grow(subject, { directory, rabbitUrl, orders, say, sampleOrders = SAMPLE_ORDERS }) {
  const sampled = Math.min(sampleOrders, orders);
  say(`A sample of ${sampled} orders`);
  const url = new URL(subject.order().url).origin;
  const kept = [...(await sample({ url, directory, rabbitUrl }, sampled))];
  await subject.stop();
  const times = Math.max(1, Math.round(orders / sampled));
  say(`${times} times the sample: ${times * sampled} orders`);
  const growth = { kept, times, everyMs: Math.floor(SPAN_MS / times) };
  const started = performance.now();
  const files = filesIn(directory);
  const waiting = [...files];
  let rows = 0;
  const inTurn = async () => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop())
      rows += await filled(file, growth);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return { rows, bytes, seconds: Math.round((performance.now() - started) / 1000) };
}

async function filled(file, growth) {
  const { promise, resolve } = Promise.withResolvers();
  const child = await startChild(new URL('./fill-process.mjs', import.meta.url), {
    onMessage: ({ rows }) => resolve(rows),
  });
  child.send({ file, growth });
  return Promise.race([promise, child.failed]);
}
