import { expect, test } from '@jest/globals';
import { liveSecrets, RETIRED_SECRET_LIFETIME_MS, type SecretRing } from './secret-ring.js';
import { newSharedSecret } from './signature.js';

const secret = (byte: number) => newSharedSecret(new Uint8Array(32).fill(byte));
const [first, second, third] = [secret(1), secret(2), secret(3)];
const start = 1_700_000_000_000;
const hour = 60 * 60 * 1000;

test('a subscription that never rotated signs with its one secret', () => {
  expect(liveSecrets({ current: first, retired: [] }, start)).toEqual([first]);
});

test('the old secret signs beside the new one for 24 hours, to the millisecond', () => {
  const ring: SecretRing = { current: second, retired: [{ secret: first, retiredAt: start }] };
  expect(liveSecrets(ring, start)).toEqual([second, first]);
  expect(liveSecrets(ring, start + RETIRED_SECRET_LIFETIME_MS - 1)).toEqual([second, first]);
  expect(liveSecrets(ring, start + RETIRED_SECRET_LIFETIME_MS)).toEqual([second]);
  expect(RETIRED_SECRET_LIFETIME_MS).toBe(24 * hour);
});

test('after two rotations within a day each old secret signs for its own 24 hours', () => {
  const ring: SecretRing = {
    current: third,
    retired: [
      { secret: second, retiredAt: start + hour },
      { secret: first, retiredAt: start },
    ],
  };
  expect(liveSecrets(ring, start + hour)).toEqual([third, second, first]);
  expect(liveSecrets(ring, start + 24 * hour)).toEqual([third, second]);
  expect(liveSecrets(ring, start + 25 * hour)).toEqual([third]);
});
