import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is true; fails with `what` when that takes too long. Never a sleep in its place. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for this: ${what}`);
    await pause(20);
  }
}
