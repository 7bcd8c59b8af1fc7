import { expect, test } from '@jest/globals';
import {
  fullUntil,
  liveSecrets,
  RETIRED_SECRET_LIFETIME_MS,
  rotated,
  type SecretRing,
} from './secret-ring.js';
import { newSharedSecret } from './signature.js';

const secret = (byte: number) => newSharedSecret(new Uint8Array(32).fill(byte));
const [first, second, third] = [secret(1), secret(2), secret(3)];
const start = 1_700_000_000_000;
const hour = 60 * 60 * 1000;

const never: SecretRing = { current: first, retired: [], rotations: [], headers: { 'x-key': 'k' } };

test('a subscription that never rotated signs with its one secret', () => {
  expect(liveSecrets(never, start)).toEqual([first]);
});

test('the old secret signs beside the new one for 24 hours, to the millisecond', () => {
  const ring = rotated(never, second, { rotationId: 'one', now: start });
  expect(liveSecrets(ring, start)).toEqual([second, first]);
  expect(liveSecrets(ring, start + RETIRED_SECRET_LIFETIME_MS - 1)).toEqual([second, first]);
  expect(liveSecrets(ring, start + RETIRED_SECRET_LIFETIME_MS)).toEqual([second]);
  expect(RETIRED_SECRET_LIFETIME_MS).toBe(24 * hour);
});

test('after two rotations within a day each old secret signs for its own 24 hours', () => {
  const once = rotated(never, second, { rotationId: 'one', now: start });
  const ring = rotated(once, third, { rotationId: 'two', now: start + hour });
  expect(ring).toMatchObject({ rotations: ['two', 'one'], headers: never.headers });
  expect(liveSecrets(ring, start + hour)).toEqual([third, second, first]);
  expect(liveSecrets(ring, start + 24 * hour)).toEqual([third, second]);
  expect(liveSecrets(ring, start + 25 * hour)).toEqual([third]);
});

test('five secrets sign at most, and what signs no more is forgotten by the next rotation', () => {
  let ring = never;
  for (let made = 1; made < 5; made++) {
    expect(fullUntil(ring, start + made)).toBeUndefined();
    ring = rotated(ring, secret(10 + made), { rotationId: `${made}`, now: start + made });
  }
  const firstEnds = start + 1 + RETIRED_SECRET_LIFETIME_MS;
  expect(liveSecrets(ring, start + 5)).toHaveLength(5);
  expect(fullUntil(ring, start + 5)).toBe(firstEnds);
  expect(fullUntil(ring, firstEnds - 1)).toBe(firstEnds);
  expect(fullUntil(ring, firstEnds)).toBeUndefined();
  const next = rotated(ring, secret(20), { rotationId: '5', now: firstEnds });
  expect(next.retired.map(({ secret }) => secret)).toEqual([14, 13, 12, 11].map(secret));
});
