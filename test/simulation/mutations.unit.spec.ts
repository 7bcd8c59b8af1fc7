import { describe, expect, jest, test } from '@jest/globals';
import { FAULTS } from './faults.js';
import { runHistory } from './history.js';
import { MUTATIONS } from './mutations.js';
import { SOUND } from './variation.js';

/** For a machine that has much else to do; alone they take seconds. */
jest.setTimeout(600_000);

const MAX_SEEDS = 400;
const plan = (seed: number) => ({ seed, orders: 20, faults: { kinds: FAULTS } });

/** A simulation that finds nothing proves nothing: each of these bugs must be found, by what is meant to find it. */
describe('the simulation finds it when', () => {
  test.each(MUTATIONS)('$name', async ({ variation, caughtBy, from = 1 }) => {
    for (let seed = from; seed < from + MAX_SEEDS; seed++) {
      const { violation } = await runHistory(plan(seed), { variation });
      if (!violation) continue;
      expect(caughtBy).toContain(violation.invariant);
      // The bug it is, not the seed: the same history is clean without it.
      expect((await runHistory(plan(seed), { variation: SOUND })).violation).toBeUndefined();
      return;
    }
    throw new Error(`none of ${MAX_SEEDS} seeds from ${from} on finds it`);
  });
});

test('there are many ways to be wrong, each under a name of its own', () => {
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(15);
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
});
