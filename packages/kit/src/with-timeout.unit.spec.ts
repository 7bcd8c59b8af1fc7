import { expect, test } from '@jest/globals';
import { TimedOut, withTimeout } from './with-timeout.js';

test('what comes in time is handed on, and so is what fails in time', async () => {
  await expect(withTimeout(Promise.resolve(1), 60_000, 'it')).resolves.toBe(1);
  await expect(withTimeout(Promise.reject(new Error('no')), 60_000, 'it')).rejects.toThrow('no');
});

test('what does not come in time is an error that says what was waited for', async () => {
  const never = new Promise(() => undefined);
  await expect(withTimeout(never, 5, 'the answer')).rejects.toThrow(
    new TimedOut('the answer took longer than 5 ms'),
  );
});
