import { describe, expect, it } from '@jest/globals';
import { CLUSTER_FAULTS, FAULTS } from './faults/index.js';
import { planOf } from './plan.js';

const instances = ['gateway', 'orders', 'orders#2', 'products', 'payments'];
const plan = (seed: number, lengthMs = 600_000) => planOf({ seed, lengthMs, faults: FAULTS, instances });
const shown = (seed: number) =>
  plan(seed).map(({ fault, target, at, lasts, random }) => [fault.name, target, at, lasts, random.next()]);

describe('the plan of faults', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(shown(7)).toEqual(shown(7));
    expect(shown(7)).not.toEqual(shown(8));
  });

  it('never has two faults on the same target, nor more than three at once', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const all = plan(seed);
      expect(all.length).toBeGreaterThan(50);
      for (const { at } of all) {
        const going = all.filter((one) => one.at <= at && (one.at === at || one.at + one.lasts > at));
        expect(going.length).toBeLessThanOrEqual(3);
        expect(new Set(going.map(({ target }) => target)).size).toBe(going.length);
      }
    }
  });

  it('has every kind in it', () => {
    for (const faults of [FAULTS, CLUSTER_FAULTS]) {
      const planned = planOf({ seed: 1, lengthMs: 600_000, faults, instances });
      const kinds = new Set(planned.map(({ fault }) => fault.name));
      expect(kinds).toEqual(new Set(faults.map(({ name }) => name)));
    }
  });
});
