/** The promise did not settle in time. It may still settle, but nobody listens any more. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/**
 * Waits for `promise`, but no longer than `timeoutMs`. The timer never keeps the process alive.
 *
 * @throws TimedOut with `what` in its message
 */
export async function withTimeout<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TimedOut(`${what} took longer than ${timeoutMs} ms`)),
      timeoutMs,
    ).unref();
  });
  try {
    return await Promise.race([promise, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
