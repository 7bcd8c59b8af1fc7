import { expect, test } from '@jest/globals';
import { WriteGate } from './write-gate.js';

test('one passes at a time, in the order of coming, and the failure of one is its own', async () => {
  const gate = new WriteGate();
  const log: string[] = [];
  const pass = (name: string, fails = false) =>
    gate.pass(async () => {
      log.push(`${name} begins`);
      await new Promise(setImmediate);
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([pass('a'), pass('b', true), pass('c')]);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('work that throws before its first await does not close the gate', async () => {
  const gate = new WriteGate();
  await expect(
    gate.pass(() => {
      throw new Error('at once');
    }),
  ).rejects.toThrow('at once');
  expect(await gate.pass(async () => 'next')).toBe('next');
});
