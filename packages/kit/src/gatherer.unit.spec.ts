import { expect, test } from '@jest/globals';
import { Gatherer } from './gatherer.js';

/** A gatherer whose runs end when the test says so. */
function gatherer(options: ConstructorParameters<typeof Gatherer<number>>[1] = {}) {
  const batches: (readonly number[])[] = [];
  const ends: (() => void)[] = [];
  const gathers = new Gatherer<number>((batch) => {
    batches.push(batch);
    return new Promise((resolve) => ends.push(resolve));
  }, options);
  const endRun = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { gathers, batches, endRun };
}

test('what arrives at rest is run at once and alone; what arrives during a run is the next one', async () => {
  const { gathers, batches, endRun } = gatherer();
  gathers.add(1);
  await new Promise(setImmediate);
  gathers.add(2);
  gathers.add(3);
  expect(batches).toEqual([[1]]);
  await endRun();
  expect(batches).toEqual([[1], [2, 3]]);
  await endRun();
  await gathers.idle();
  gathers.add(4);
  await new Promise(setImmediate);
  expect(batches).toEqual([[1], [2, 3], [4]]);
  await endRun();
  await gathers.idle();
});

test('a batch has at most so many items; the rest is the next one', async () => {
  const { gathers, batches, endRun } = gatherer({ maxBatch: 2 });
  for (const item of [1, 2, 3, 4, 5]) gathers.add(item);
  for (let run = 0; run < 4; run++) await endRun();
  await gathers.idle();
  expect(batches.flat()).toEqual([1, 2, 3, 4, 5]);
  expect(batches.every((batch) => batch.length <= 2)).toBe(true);
});

test('before the first run it waits for what comes in the same turn', async () => {
  const { gathers, batches, endRun } = gatherer({ beforeFirst: () => new Promise(setImmediate) });
  gathers.add(1);
  gathers.add(2);
  await new Promise(setImmediate);
  expect(batches).toEqual([[1, 2]]);
  await endRun();
  await gathers.idle();
});

test('items that are weighed share a batch up to its weight; one that is too heavy goes alone', async () => {
  const { gathers, batches, endRun } = gatherer({ maxBatch: 10, weightOf: (item) => item });
  for (const item of [4, 6, 3, 7, 1, 25, 2, 3]) gathers.add(item);
  for (let run = 0; run < 6; run++) await endRun();
  await gathers.idle();
  expect(batches).toEqual([[4, 6], [3, 7], [1], [25], [2, 3]]);
});
