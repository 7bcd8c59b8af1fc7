import { randomFillSync } from 'node:crypto';

const WELL_FORMED = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-|$)/;

/** Random bytes fetched many at a time: one call per request would cost more than the rest of the work here. */
const POOL = Buffer.alloc(24 * 256);
let used = POOL.length;

function randomHex(bytes: number): string {
  if (used + bytes > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  used += bytes;
  return POOL.toString('hex', used - bytes, used);
}

/**
 * The `traceparent` of our own span: in the client's trace when it sent a well formed one, in a new, sampled one
 * otherwise. W3C Trace Context level 1, https://www.w3.org/TR/trace-context-1/#traceparent-header
 */
export function traceparentFor(given: unknown): string {
  const match = typeof given === 'string' ? WELL_FORMED.exec(given) : null;
  return `00-${match?.[1] ?? randomHex(16)}-${randomHex(8)}-${match?.[2] ?? '01'}`;
}
