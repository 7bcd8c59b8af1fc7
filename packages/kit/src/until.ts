import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks until the answer is true.
 *
 * @throws Error that names `what` when it takes longer than `timeoutMs`
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 60_000, everyMs = 20 } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for this: ${what}`);
    await pause(everyMs);
  }
}
