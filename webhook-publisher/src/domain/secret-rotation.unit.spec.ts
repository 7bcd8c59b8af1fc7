import { describe, expect, test } from '@jest/globals';
import { liveSecrets, RETIRED_SECRET_LIFETIME_MS, rotateSecret, type SecretRing } from './secret-rotation.js';
import { generateSecret } from './signature.js';

const secret = (byte: number) => generateSecret((size) => new Uint8Array(size).fill(byte));
const [first, second, third] = [secret(1), secret(2), secret(3)];
const start = 1_700_000_000_000;
const fresh: SecretRing = { current: first, retired: [] };

describe('rotating a secret', () => {
  test('a subscription that never rotated signs with its one secret', () => {
    expect(liveSecrets(fresh, start)).toEqual([first]);
  });

  test('the old secret signs beside the new one for 24 hours, to the millisecond', () => {
    const ring = rotateSecret(fresh, second, start);
    expect(liveSecrets(ring, start)).toEqual([second, first]);
    expect(liveSecrets(ring, start + RETIRED_SECRET_LIFETIME_MS - 1)).toEqual([second, first]);
    expect(liveSecrets(ring, start + RETIRED_SECRET_LIFETIME_MS)).toEqual([second]);
    expect(RETIRED_SECRET_LIFETIME_MS).toBe(86_400_000);
  });

  test('rotating twice within a day keeps each old secret for its own 24 hours', () => {
    const hour = 60 * 60 * 1000;
    const ring = rotateSecret(rotateSecret(fresh, second, start), third, start + hour);
    expect(liveSecrets(ring, start + hour)).toEqual([third, second, first]);
    expect(liveSecrets(ring, start + 24 * hour)).toEqual([third, second]);
    expect(liveSecrets(ring, start + 25 * hour)).toEqual([third]);
  });

  test('secrets whose time is over are not kept', () => {
    const later = start + 2 * RETIRED_SECRET_LIFETIME_MS;
    const ring = rotateSecret(rotateSecret(fresh, second, start), third, later);
    expect(ring.retired).toEqual([{ secret: second, retiredAt: later }]);
  });
});
