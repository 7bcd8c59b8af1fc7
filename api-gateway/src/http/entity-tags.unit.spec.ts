import { expect, test } from '@jest/globals';
import { isNamedIn } from './entity-tags.js';

test.each([
  ['"a"', true],
  ['W/"a"', true],
  ['*', true],
  [' * ', true],
  ['"b", W/"c" ,"a"', true],
  ['"b,\\"', false],
  ['"x,y","a"', true],
  ['"b"', false],
  ['a', false],
  ['"a', false],
  ['"A"', false],
  ['"b*"', false],
  ['', false],
  [undefined, false],
])('If-None-Match: %s names "a": %s', (header, named) => {
  expect(isNamedIn(header, '"a"')).toBe(named);
});
