import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newestFirst, oldestFirst, type Position, Selection } from './selection.js';

const position = fc.tuple(
  fc.constantFrom('', '2026-01-01', '2026-01-02', '2026-01-03'),
  fc.constantFrom('a', 'b', 'c'),
);

describe('a selection', () => {
  test('holds the first of all that it was offered, in order, in whatever order they came', () => {
    fc.assert(
      fc.property(
        fc.array(position),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (offered, count, newest) => {
          const order = newest ? newestFirst : oldestFirst;
          const selection = new Selection<{ times: number }>(order, { count, bytes: 1_000_000 });
          for (const one of offered)
            selection.offer(
              one,
              1,
              () => ({ times: 1 }),
              (value) => {
                value.times++;
              },
            );
          const distinct = [...new Map(offered.map((one) => [one.join('/'), one])).values()];
          const expected = distinct.toSorted(order).slice(0, count);
          expect(selection.entries.map((entry) => entry.position)).toEqual(expected);
        },
      ),
    );
  });

  test('counts what stands at the same position as one', () => {
    const selection = new Selection<string[]>(oldestFirst, { count: 2, bytes: 1_000 });
    const at: Position = ['2026-01-01', 'q/1'];
    for (const copy of ['first', 'second', 'third'])
      selection.offer(
        at,
        1,
        () => [copy],
        (copies) => copies.push(copy),
      );
    expect(selection.entries).toMatchObject([{ value: ['first', 'second', 'third'] }]);
  });

  test('holds no more bytes than it may, but one entry in any case', () => {
    const selection = new Selection<string>(oldestFirst, { count: 100, bytes: 100 });
    const offer = (at: string, bytes: number) =>
      selection.offer(
        [at, ''],
        bytes,
        () => at,
        () => undefined,
      );
    offer('c', 60);
    offer('b', 60);
    expect(selection.entries.map(({ value }) => value)).toEqual(['b']);
    offer('a', 500);
    expect(selection.entries.map(({ value }) => value)).toEqual(['a']);
    expect(selection.wants(['b', ''])).toBe(false);
  });
});
