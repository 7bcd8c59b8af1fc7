import { expect, test } from '@jest/globals';
import { shownTarget } from './shown-target.js';

test.each([
  ['https://hooks.example.com/comanda', 'https://hooks.example.com/comanda'],
  ['https://hooks.example.com/comanda?token=s3cret#part', 'https://hooks.example.com/comanda?…'],
  ['https://user:pass@hooks.example.com:8443/', 'https://hooks.example.com:8443/'],
  ['-1001234567890', '-1001234567890'],
])('the target %s is shown as %s', (target, shown) => {
  expect(shownTarget(target)).toBe(shown);
});
