/** Signals that follow each other this fast are one request: a terminal and npm both pass on the same Ctrl-C. */
const ONE_WISH_MS = 1_000;

export interface StopSignals {
  /** Settles at the first request to stop, with its name. */
  readonly first: Promise<string>;
  readonly received: boolean;
}

/** Listens for requests to stop; the second one calls `force`. */
export function listenForStop(force: () => void, now: () => number = () => performance.now()): StopSignals {
  let firstAt: number | undefined;
  let settle: (name: string) => void = () => undefined;
  const first = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const wish = (name: string): void => {
    if (firstAt === undefined) {
      firstAt = now();
      settle(name);
    } else if (now() - firstAt > ONE_WISH_MS) {
      force();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => wish(signal));
  // The bootstrap that started us is gone, killed: nobody is left to stop us.
  process.on('disconnect', () => wish('the end of the launcher'));
  return {
    first,
    get received() {
      return firstAt !== undefined;
    },
  };
}
