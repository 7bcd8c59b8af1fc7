import { expect, test } from '@jest/globals';
import { crashPointOf, FAILPOINTS, failpoint } from './failpoints.js';

test('a crash point is a failpoint, and may say for which type and at which time it is passed', () => {
  expect(crashPointOf('after-commit')).toEqual({ failpoint: 'after-commit', type: undefined, time: 1 });
  expect(crashPointOf('before-commit@payment.completed')).toEqual({
    failpoint: 'before-commit',
    type: 'payment.completed',
    time: 1,
  });
  expect(crashPointOf('during-external-call@charge:3')).toEqual({
    failpoint: 'during-external-call',
    type: 'charge',
    time: 3,
  });
  expect(crashPointOf('after-publish:12')).toMatchObject({ type: undefined, time: 12 });
});

test.each([
  '',
  'somewhere',
  'after-commit:0',
  'after-commit:x',
  'after-commit@',
  'AFTER-COMMIT',
  'after-commit ',
])('%j is no crash point', (text) => {
  expect(crashPointOf(text)).toBeUndefined();
});

test('a failpoint that nobody armed does nothing', () => {
  for (const name of FAILPOINTS) failpoint(name, [{ type: 'order.created' }]);
});
