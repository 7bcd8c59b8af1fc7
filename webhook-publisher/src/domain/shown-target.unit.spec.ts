import { expect, test } from '@jest/globals';
import { shownTarget } from './shown-target.js';

test('a target is shown as it is', () => {
  for (const target of ['https://hooks.example.com/comanda', '-1001234567890'])
    expect(shownTarget(target)).toBe(target);
});

test('but for what may be a secret in it', () => {
  expect(shownTarget('https://hooks.example.com/comanda?token=s3cret#part')).toBe(
    'https://hooks.example.com/comanda?…',
  );
  expect(shownTarget('https://user:pass@hooks.example.com:8443/')).toBe('https://hooks.example.com:8443/');
});
