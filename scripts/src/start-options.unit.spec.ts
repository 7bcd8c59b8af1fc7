import { describe, expect, it } from '@jest/globals';
import { START_HELP, startOptions } from './start-options.js';

describe('the options of a start', () => {
  it('are all off when none is given', () => {
    expect(startOptions([])).toEqual({ logs: false, data: undefined, ownServers: false, help: false });
  });

  it('can all be given', () => {
    expect(startOptions(['--logs', '--data', 'there', '--own-servers', '--help'])).toEqual({
      logs: true,
      data: 'there',
      ownServers: true,
      help: true,
    });
  });

  it.each([
    [['--log'], "Unknown option '--log': see npm start -- --help"],
    [['folder'], "Unexpected argument 'folder': see npm start -- --help"],
    [['--data'], "Option '--data <value>' argument missing: see npm start -- --help"],
    [['--logs=yes'], "Option '--logs' does not take an argument: see npm start -- --help"],
  ])('%j is refused with one line', (args, line) => {
    expect(() => startOptions(args)).toThrow(new Error(line));
  });

  it('are told in lines that fit a terminal', () => {
    for (const line of START_HELP.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
