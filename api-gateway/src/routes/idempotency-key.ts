import { Problem } from '../problems/problem.js';

const WELL_FORMED = /^[\x20-\x7e]{1,255}$/;

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
