import { expect, it } from '@jest/globals';
import { campaign } from '../fuzz/campaign.js';

/** How many requests chance makes for each route in a round, and how many rounds: bounded by number, not by time. */
const PER_ROUTE = 25;
const ROUNDS = 4;

it.each([Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)])(
  'requests of any kind, by anybody, find no fault of ours, and the books add up afterwards: npm run fuzz -- --seed %i',
  async (seed) => {
    const { wrong, answers } = await campaign({
      seed,
      perRoute: PER_ROUTE,
      more: (rounds) => rounds < ROUNDS,
      say: (line) => process.stderr.write(`${line}\n`),
    });
    expect(wrong).toEqual([]);
    // It came further than to what refuses it.
    const routes = [...answers.ofRoute.values()];
    const carriedOut = routes.filter((counts) => [...counts.keys()].some((status) => status < 300));
    expect(answers.count).toBeGreaterThan(3_000);
    expect(carriedOut.length).toBeGreaterThan(0.6 * routes.length);
    // Streams that were opened, and left by who had opened them.
    for (const stream of ['GET /api/v1/live', 'GET /api/v1/orders/{orderId}/stream'])
      expect([stream, answers.ofRoute.get(stream)?.get(200)]).toEqual([stream, expect.any(Number)]);
  },
);
