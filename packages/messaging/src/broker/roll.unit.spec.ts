import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Roll } from './roll.js';

const ORDERS = 'orders-service';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** What was called, and how each call ends. */
function rollOf(call: () => Promise<void> = async () => undefined): { roll: Roll; calls: string[] } {
  const calls: string[] = [];
  const roll = new Roll((service) => {
    calls.push(service);
    return call();
  });
  return { roll, calls };
}

const takenFrom = async (roll: Roll, times: number): Promise<string[]> => {
  const taken: string[] = [];
  for (let at = 0; at < times; at += 1) taken.push(await roll.next(ORDERS, 1_000));
  return taken;
};

describe('a roll', () => {
  test('is called once for all that ask while nobody is known, and the first that answers is taken', async () => {
    const { roll, calls } = rollOf();
    const asked = [roll.next(ORDERS, 1_000), roll.next(ORDERS, 1_000)];
    roll.answered(ORDERS, 'a');
    roll.answered(ORDERS, 'b');
    expect(await Promise.all(asked)).toEqual(['a', 'b']);
    expect(calls).toEqual([ORDERS]);
  });

  test('gives each its turn, knows none twice, and none that is struck off', async () => {
    const { roll, calls } = rollOf();
    const first = roll.next(ORDERS, 1_000);
    for (const queue of ['a', 'b', 'c', 'b']) roll.answered(ORDERS, queue);
    expect([await first, ...(await takenFrom(roll, 3))]).toEqual(['a', 'b', 'c', 'a']);
    roll.strike(ORDERS, 'b');
    roll.strike(ORDERS, 'nobody');
    expect(await takenFrom(roll, 3)).toEqual(['c', 'a', 'c']);
    expect(calls).toEqual([ORDERS]);
  });

  test('is called again after a while, and nobody waits for that', async () => {
    const { roll, calls } = rollOf();
    const first = roll.next(ORDERS, 1_000);
    roll.answered(ORDERS, 'a');
    await first;
    jest.advanceTimersByTime(5_000);
    await takenFrom(roll, 1);
    expect(calls).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(await takenFrom(roll, 2)).toEqual(['a', 'a']);
    expect(calls).toHaveLength(2);
    roll.answered(ORDERS, 'new');
    expect(new Set(await takenFrom(roll, 2))).toEqual(new Set(['a', 'new']));
  });

  test('tells all that ask why there is nobody, and calls again for the next one', async () => {
    const { roll, calls } = rollOf(async () => {
      throw new Error('no queue is bound');
    });
    const asked = await Promise.allSettled([roll.next(ORDERS, 1_000), roll.next(ORDERS, 1_000)]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(roll.next(ORDERS, 1_000)).rejects.toThrow('no queue is bound');
    expect(calls).toHaveLength(2);
  });

  test('knows nobody after a lost connection, and whoever waits is told', async () => {
    const { roll, calls } = rollOf();
    const waiting = roll.next(ORDERS, 1_000);
    roll.clear(new Error('the connection was lost'));
    await expect(waiting).rejects.toThrow('the connection was lost');
    const again = roll.next(ORDERS, 1_000);
    roll.answered(ORDERS, 'a');
    expect(await again).toBe('a');
    expect(calls).toHaveLength(2);
  });

  test('that nobody answers is waited for as long as the asker waits', async () => {
    const { roll } = rollOf();
    const waiting = roll.next(ORDERS, 1_000);
    const refused = expect(waiting).rejects.toMatchObject({ name: 'Unavailable', reason: 'timeout' });
    await jest.advanceTimersByTimeAsync(1_000);
    await refused;
  });
});
