import { describe, expect, it } from '@jest/globals';
import {
  isLopsided,
  membersAway,
  membersToAdd,
  membersWanted,
  type Placement,
  placementLine,
} from './placement.js';

const queue = (name: string, leader: string | undefined, members: string[], online = members): Placement => ({
  queue: name,
  leader,
  members,
  online,
});
const running = (...names: string[]) => ({ all: names, running: names });
const led = (...leaders: string[]): Placement[] =>
  leaders.map((leader, at) => queue(`q${at}`, leader, ['a', 'b', 'c']));

describe('the members of a queue', () => {
  it('are three, or as many as there are nodes', () => {
    expect([1, 2, 3, 5].map(membersWanted)).toEqual([1, 2, 3, 3]);
  });

  it('that are away are those whose node does not run', () => {
    expect(membersAway(queue('q', 'a', ['a', 'b', 'c'], ['a', 'c']))).toEqual(['b']);
    expect(membersAway(queue('q', 'a', ['a', 'b']))).toEqual([]);
  });

  it('that are lacking go to the nodes with the fewest', () => {
    const placements = [
      queue('one', 'a', ['a']),
      queue('whole', 'a', ['a', 'b', 'c']),
      queue('two', 'b', ['b', 'c']),
    ];
    expect(membersToAdd(placements, running('a', 'b', 'c', 'd'))).toEqual(
      new Map([
        ['d', ['one', 'two']],
        ['b', ['one']],
      ]),
    );
  });

  it('are never more than the nodes that run, and none is added where nobody leads', () => {
    const nodes = { all: ['a', 'b', 'c'], running: ['a', 'b'] };
    expect(membersToAdd([queue('one', 'a', ['a'])], nodes)).toEqual(new Map([['b', ['one']]]));
    expect(membersToAdd([queue('none', undefined, [])], nodes)).toEqual(new Map());
    expect(membersToAdd([queue('away', 'a', ['a', 'c'], ['a'])], nodes)).toEqual(new Map());
  });
});

describe('leaders', () => {
  it('are lopsided when a node leads less than half of its share', () => {
    const nodes = running('a', 'b', 'c');
    expect(isLopsided(led('a', 'a', 'a', 'a', 'a', 'a'), nodes)).toBe(true);
    expect(isLopsided(led('a', 'b', 'a', 'b', 'a', 'b'), nodes)).toBe(true);
    expect(isLopsided(led('a', 'a', 'a', 'b', 'b', 'c'), nodes)).toBe(false);
    expect(isLopsided(led('a', 'b', 'c'), nodes)).toBe(false);
  });

  it('are not while there is one node, or fewer queues than nodes', () => {
    expect(isLopsided(led('a', 'a'), running('a'))).toBe(false);
    expect(isLopsided(led('a', 'a'), running('a', 'b', 'c'))).toBe(false);
  });
});

describe('the line of a queue', () => {
  it('says where it is', () => {
    expect(placementLine(queue('q', 'a', ['c', 'b', 'a']), 3)).toBe('q: leader a; members a b c');
  });

  it('says what is wrong with that', () => {
    expect(placementLine(queue('q', 'a', ['a', 'b'], ['a']), 3)).toBe(
      'q: leader a; members a b; away: b; thin: 2 of 3 members',
    );
    expect(placementLine(queue('q', undefined, []), 3)).toBe('q: no leader; members unknown');
  });
});
