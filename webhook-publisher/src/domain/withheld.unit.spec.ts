import { expect, test } from '@jest/globals';
import { withheld } from './withheld.js';

test('what a server repeats of the address is withheld, however it writes it', () => {
  const refused = {
    kind: 'refused',
    status: 550,
    detail: '5.1.1 <Ana.Gil+shop@Example.com>: no such user ana.gil+shop@example.com',
    durationMs: 3,
  } as const;
  expect(withheld(refused, 'ana.gil+shop@example.com')).toEqual({
    ...refused,
    detail: '5.1.1 <[address]>: no such user [address]',
  });
  const failure = {
    kind: 'failure',
    reason: 'network',
    detail: 'The number 34600123456 is not reachable',
    cause: 'to=+34600123456',
    durationMs: 3,
  } as const;
  expect(withheld(failure, '+34600123456')).toEqual({
    ...failure,
    detail: 'The number [address] is not reachable',
    cause: 'to=+[address]',
  });
});
