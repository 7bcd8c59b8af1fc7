import { setTimeout as delay } from 'node:timers/promises';

export interface PollOptions {
  /** What is waited for, for the error message: "RabbitMQ accepts connections". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** Called between two attempts; throws when waiting longer is pointless. */
  readonly giveUp?: () => void;
}

/**
 * Asks `condition` until it holds.
 *
 * @throws Error when the deadline passes first, or what `giveUp` throws
 */
export async function poll(condition: () => Promise<boolean>, options: PollOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    if (await condition()) return;
    options.giveUp?.();
    if (performance.now() > deadline) {
      throw new Error(`Waited ${options.timeoutMs / 1000} s in vain for this: ${options.what}`);
    }
    await delay(options.everyMs ?? 50);
  }
}
