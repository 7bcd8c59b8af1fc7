import { createHash } from 'node:crypto';
import type { SharedCounts } from '../limits/shared-counts.js';
import { Problem } from '../problems/problem.js';
import { inTurn } from './password-turns.js';

const FREE_FAILURES = 4;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/** After so long without another failure an account's failures are forgotten. */
const REMEMBERED_MS = 60 * 60_000;

/** How long, in milliseconds, nobody may try to log in to an account after so many failures: 1 s after the fifth, then twice as long each time. */
export function pauseAfter(failures: number): number {
  if (failures <= FREE_FAILURES) return 0;
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - FREE_FAILURES - 1), LONGEST_PAUSE_MS);
}

/** An account, whether it exists or not: both are counted and refused alike, so that nobody learns which do. */
interface Named {
  readonly tenantId: string;
  readonly email: string;
}

/** Makes guessing the password of an account slower with each failure, from wherever the guesses come. */
export class Guesses {
  constructor(
    private readonly counts: Pick<SharedCounts, 'add' | 'read' | 'clear'>,
    private readonly clock: () => number = Date.now,
  ) {}

  /**
   * Whether the password is right, as `verify` says, which hashes it. Throws a 429 problem, without verifying, while
   * the account has to pause or when too many passwords wait already.
   */
  async guess(account: Named, verify: () => Promise<boolean>): Promise<boolean> {
    const key = keyOf(account);
    await this.#refuseWhilePaused(key);
    return inTurn(async () => {
      // Guesses that were sent all at once have waited here for their turn, while the first of them failed.
      const failures = await this.#refuseWhilePaused(key);
      const right = await verify();
      if (!right) await this.counts.add(key, REMEMBERED_MS);
      else if (failures > 0) await this.counts.clear(key);
      return right;
    });
  }

  async #refuseWhilePaused(key: string): Promise<number> {
    const { count, lastAt } = await this.counts.read(key, REMEMBERED_MS);
    const leftMs = lastAt + pauseAfter(count) - this.clock();
    if (leftMs <= 0) return count;
    const seconds = Math.ceil(leftMs / 1000);
    throw new Problem(
      429,
      'TOO_MANY_FAILURES',
      `Too many attempts to log in to this account have failed. Try again in ${seconds} s.`,
      { headers: { 'retry-after': String(seconds) } },
    );
  }
}

/** The address itself is nobody else's to read. */
const keyOf = ({ tenantId, email }: Named): string =>
  `failures:${createHash('sha256').update(`${tenantId}\n${email}`).digest('base64url')}`;
