import { Problem } from '../problems/problem.js';

const WELL_FORMED = /^[\x20-\x7e]{1,255}$/;

export const KEY_REUSED = 'IDEMPOTENCY_KEY_REUSED';

export const keyReused = (): Problem =>
  new Problem(
    422,
    KEY_REUSED,
    'This Idempotency-Key was used with another body. Use a new key for a new request.',
  );

/** The request's Idempotency-Key, or `undefined` when it has none. Throws a 400 problem when it is malformed. */
export function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && WELL_FORMED.test(header)) return header;
  throw new Problem(
    400,
    'INVALID_IDEMPOTENCY_KEY',
    'Idempotency-Key must be 1 to 255 printable ASCII characters; a UUID does well.',
    { errors: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' }] },
  );
}
