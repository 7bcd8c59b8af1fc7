import { describe, expect, test } from '@jest/globals';
import { pauseAfter, REPLAY_PACE, replayRoom } from './replay-pace.js';
import { pageOfReplay } from './replay-page.js';

const found = ['a', 'B', 'c', 'D', 'e'].map((eventId) => ({ eventId }));
const isWanted = ({ eventId }: { eventId: string }) => eventId === eventId.toUpperCase();
const page = (asked: number, room: number) => {
  const { chosen, ...rest } = pageOfReplay(found.slice(0, asked), { asked, room, isWanted });
  return { chosen: chosen.map(({ eventId }) => eventId), ...rest };
};

describe('a page of a replay', () => {
  test.each([
    ['ends with the range, when fewer are found than asked for', 9, 9, ['B', 'D'], 3, 'e', true],
    ['goes on, when as many are found', 5, 9, ['B', 'D'], 3, 'e', false],
    ['stops before the first that has no room', 9, 1, ['B'], 2, 'c', false],
    ['looks on behind the last that had room, to the end', 9, 2, ['B', 'D'], 3, 'e', true],
    ['without room passes over what is not wanted alone', 9, 0, [], 1, 'a', false],
  ])('%s', (_, asked, room, chosen, skipped, position, isLast) => {
    expect(page(asked, room)).toEqual({ chosen, skipped, position, isLast });
  });

  test('that finds nothing is the last one', () => {
    expect(pageOfReplay([], { asked: 5, room: 0, isWanted })).toMatchObject({ chosen: [], isLast: true });
  });
});

test('a replay has room for what the pace allows, and for none while too many wait', () => {
  const rooms = [0, 950, 999, 1_000, 5_000].map((waiting) => replayRoom(waiting, REPLAY_PACE));
  expect(rooms).toEqual([100, 50, 1, 0, 0]);
});

test('it rests as long as what it has sent takes at its pace; not when it sent nothing, and a while without room', () => {
  expect([pauseAfter(100, 100, REPLAY_PACE), pauseAfter(100, 1, REPLAY_PACE)]).toEqual([1_000, 10]);
  expect([pauseAfter(100, 0, REPLAY_PACE), pauseAfter(0, 0, REPLAY_PACE)]).toEqual([0, 1_000]);
});
