import { randomInt } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import { commandOf, requestOf } from './command-line.js';
import { FAULTS, type Fault } from './faults.js';
import { type History, type Plan, runHistory } from './history.js';
import { MUTATIONS } from './mutations.js';
import { shrink } from './shrink.js';
import type { Variation } from './variation.js';

/** For a machine that has much else to do; alone they take seconds. */
jest.setTimeout(600_000);

const ORDERS = 20;
const all = (seed: number): Plan => ({ seed, orders: ORDERS, faults: { kinds: FAULTS } });

/** Runs the histories of some seeds; a violation is reported with the command that replays it. */
async function run(seeds: readonly number[], kinds: readonly Fault[] = FAULTS) {
  const histories: History[] = [];
  const violations: string[] = [];
  for (const seed of seeds) {
    const history = await runHistory({ ...all(seed), faults: { kinds } });
    histories.push(history);
    if (history.violation) violations.push(`${history.violation.message}\n  ${commandOf(history.plan)}`);
  }
  return { histories, violations };
}

const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, at) => first + at);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('the choreography of all services', () => {
  test('holds every invariant in 120 known histories, in which every kind of fault strikes', async () => {
    const { histories, violations } = await run(from(1, 120));
    expect(violations).toEqual([]);
    const struck = new Set(histories.flatMap((history) => history.struck.map(({ fault }) => fault)));
    expect([...struck].sort()).toEqual([...FAULTS].sort());
    const ends = (status: string) => sum(histories.map((history) => history.ends[status] ?? 0));
    expect(ends('CONFIRMED') + ends('FULFILLED') + ends('REJECTED') + ends('CANCELLED')).toBe(
      sum(histories.map(({ orders }) => orders)),
    );
    for (const status of ['CONFIRMED', 'REJECTED', 'CANCELLED']) expect(ends(status)).toBeGreaterThan(200);
    expect(ends('FULFILLED')).toBeGreaterThan(20);
    const refunds = (status: string) => sum(histories.map((history) => history.refunds[status] ?? 0));
    expect(refunds('REFUNDED')).toBeGreaterThan(30);
    expect(refunds('FAILED')).toBeGreaterThan(10);
  });

  test.each([
    [
      300_000_570,
      'a refund became less while its call was under way, and the one that it gave way to failed',
    ],
    [200_006_241, 'a refund gave way to one that failed, and then its own late call went through'],
    [640_002_694, 'a message came twice in one batch, before it could be handled'],
  ])('holds every invariant in history %i, which once broke one when %s', async (seed) => {
    expect((await runHistory({ ...all(seed), orders: 10 })).violation).toBeUndefined();
  });

  test('holds every invariant in a hundred new histories, whose seeds are printed', async () => {
    const first = randomInt(2 ** 32 - 100);
    console.error(`the simulation's seeds are ${first} to ${first + 99}`);
    const { violations } = await run(from(first, 100));
    expect(violations).toEqual([]);
  });

  test('holds them without any fault, too', async () => {
    const { histories, violations } = await run(from(1, 20), []);
    expect(violations).toEqual([]);
    expect(histories.flatMap(({ struck }) => struck)).toEqual([]);
  });
});

describe('a history', () => {
  test('is the same for the same plan, to the last step', async () => {
    const [one, again, other] = [
      await runHistory(all(7), { trace: true }),
      await runHistory(all(7), { trace: true }),
      await runHistory(all(8), { trace: true }),
    ];
    expect(again).toEqual(one);
    expect(one.trace.length).toBeGreaterThan(200);
    expect(other.trace).not.toEqual(one.trace);
  });

  test('is the same when its faults are named one by one', async () => {
    const one = await runHistory(all(7), { trace: true });
    const named = { ...all(7), faults: { strikes: one.struck } };
    const again = await runHistory(named, { trace: true });
    expect({ ...again, plan: one.plan }).toEqual(one);
    expect(one.struck.length).toBeGreaterThan(0);
  });

  test('that breaks an invariant is shrunk to a few errands and faults, and its command replays it', async () => {
    const mutation = MUTATIONS.find(({ name }) => name === 'a payment that comes too late is kept');
    if (!mutation) throw new Error('the mutation has another name');
    const failed = await firstFailure(mutation.variation);
    const shrunk = await shrink(failed, mutation);
    expect(shrunk.violation?.invariant).toBe(failed.violation?.invariant);
    expect(shrunk.plan.only?.length).toBeLessThanOrEqual(6);
    expect(shrunk.steps).toBeLessThan(failed.steps / 3);
    expect(shrunk.struck.length).toBeLessThanOrEqual(5);

    const words = commandOf(shrunk.plan).replace('npm run simulate -- ', '').replaceAll("''", '').split(' ');
    const replay = requestOf(words);
    if ('wrong' in replay) throw new Error(replay.wrong.join());
    const { seed = -1, orders, only = [], faults } = replay;
    const replayed = await runHistory({ seed, orders, only, faults }, mutation);
    expect(replayed.violation?.message).toBe(shrunk.violation?.message);
    expect(replayed.steps).toBe(shrunk.steps);
  });
});

/** One in which enough happens that shrinking has something to leave out. */
async function firstFailure(variation: Variation): Promise<History> {
  for (let seed = 1; seed <= 100; seed++) {
    const history = await runHistory(all(seed), { variation });
    if (history.violation && history.steps > 2_000) return history;
  }
  throw new Error('no seed from 1 to 100 finds it');
}

test('arguments that make no sense are refused, each with a line that says what to change', () => {
  expect(requestOf(['--seed=-1', '--faults', 'crash,flood', '--strikes', 'crash12'])).toEqual({
    wrong: [
      expect.stringContaining('--seed'),
      expect.stringContaining('--faults: must be all, none or some of crash'),
      expect.stringContaining('--strikes: crash12 is not a fault like crash@12'),
    ],
  });
  expect(requestOf(['--sede', '1'])).toEqual({ wrong: [expect.stringContaining('--sede')] });
});
