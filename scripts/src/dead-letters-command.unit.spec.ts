import { describe, expect, test } from '@jest/globals';
import { parseCommand } from './dead-letters-command.js';

const parse = (line: string) => parseCommand(line.split(' ').filter((word) => word !== ''));

describe('npm run dead-letters', () => {
  test('is told what to do', () => {
    expect(parse('list --queue orders_queue --json')).toEqual({
      kind: 'list',
      json: true,
      queue: 'orders_queue',
    });
    expect(parse('show m1 --tenant north')).toEqual({ kind: 'show', messageId: 'm1', tenantId: 'north' });
    expect(parse('replay m1 --dry-run')).toEqual({
      kind: 'replay',
      messageId: 'm1',
      dryRun: true,
      force: false,
    });
    expect(parse('replay --all --type order.created --force')).toEqual({
      kind: 'replay',
      type: 'order.created',
      dryRun: false,
      force: true,
    });
    expect(parse('discard --all --dry-run')).toEqual({ kind: 'discard', dryRun: true, force: false });
  });

  test.each([
    ['', 'Say what to do.'],
    ['remove m1', 'There is no command "remove".'],
    ['list m1', '"m1" is one argument too many.'],
    ['show', 'show needs the id of a letter.'],
    ['replay', 'replay needs the id of a letter, or --all.'],
    ['replay m1 --all', 'replay needs the id of a letter, or --all.'],
    ['replay m1 m2', '"m2" is one argument too many.'],
    ['discard --all --force', 'discard does not take --force.'],
    ['list --queue kitchen', '--queue must be one of products_queue, '],
    ['list --quick', "Unknown option '--quick'"],
  ])('%p is refused with a line that says why', (line, why) => {
    expect(() => parse(line)).toThrow(why);
  });
});
