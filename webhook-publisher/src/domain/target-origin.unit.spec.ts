import { expect, test } from '@jest/globals';
import { originOf } from './target-origin.js';

test.each([
  ['https://user:pw@hooks.example.com:8443/a/secret?token=1', 'https://hooks.example.com:8443'],
  ['http://[::1]:3000/', 'http://[::1]:3000'],
  ['-1001234567890', null],
  ['staff@example.com', null],
  ['mailto:staff@example.com', null],
])('of %j is shown %j', (target, origin) => {
  expect(originOf(target)).toBe(origin);
});
