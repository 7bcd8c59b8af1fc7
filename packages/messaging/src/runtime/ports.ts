/*
 * What the runtime waits for and acts upon, and all that a simulation replaces: time and the fast path are here,
 * `Transport` is in broker/transport.ts, `Entropy` in entropy.ts, `Store` in packages/storage.
 */

/** Time. */
export interface Timers {
  now(): Date;
  /** Runs `run` after so many milliseconds, unless it is cancelled before; what waits does not keep the process alive. */
  after(ms: number, run: () => void): Cancel;
  /** Resolves after so many milliseconds; a waiting caller keeps the process alive. */
  sleep(ms: number): Promise<void>;
  /** Resolves when everything that arrived in this turn of the event loop has been taken in. */
  nextTurn(): Promise<void>;
}

export type Cancel = () => void;

/** Messages that are known to be done or in work, without asking the database. */
export interface Seen {
  /** Handled already: nothing is left to do. */
  readonly processed: ReadonlySet<string>;
  /** In the hands of another process at this moment. */
  readonly busy: ReadonlySet<string>;
}

/** A message as the broker gives it out, with one event or a frame of them. */
export interface Arrival {
  readonly id: string;
  readonly redelivered: boolean;
}

/** Saves work and never decides: what it does not know, the inbox does. It never rejects. */
export interface FastPath {
  /** Which of these messages are known; the others are taken for ours. */
  ask(arrivals: readonly Arrival[]): Promise<Seen>;
  /** Remembers messages whose every event this process has just committed, and lets go of what was taken. */
  settle(settled: {
    readonly done: readonly string[];
    readonly held: readonly string[];
    /** The event that was committed last, which is in the inbox; there is one when anything is done. */
    readonly last: string | undefined;
  }): Promise<void>;
}
