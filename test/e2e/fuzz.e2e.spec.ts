import { expect, it } from '@jest/globals';
import { campaign, isFlat } from '../fuzz/campaign.js';

/** How many requests chance makes for each route in a round, and how many rounds: bounded by number, not by time. */
const PER_ROUTE = 25;
const ROUNDS = 4;

it.each([Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 32)])(
  'requests of any kind, as anybody, never find a fault of ours: npm run fuzz -- --seed %i',
  async (seed) => {
    const report = await campaign({
      seed,
      perRoute: PER_ROUTE,
      more: (rounds) => rounds < ROUNDS,
      say: (line) => process.stderr.write(`${line}\n`),
    });
    expect(report.findings).toEqual([]);
    expect(report.errors).toEqual([]);
    expect(report.lastOrder).toBe('CONFIRMED');
    expect(report.books).toEqual([]);
    expect({ heaps: report.heaps, flat: isFlat(report.heaps) }).toMatchObject({ flat: true });
  },
);
