/**
 * How fast the work of each key may go. A worker asks before it leases or starts anything, so what has to wait waits in
 * the database: it holds no place here, and nobody reads or rewrites it in the meantime. Times are milliseconds since the
 * epoch.
 */
export interface Pace {
  /** How many jobs of this key may run at once at the moment, one at least. */
  places(key: string): number;
  /** Before this time none may be leased or started; absent when some may now. */
  pausedUntil(key: string): number | undefined;
  /** How many jobs of this key may be done as one (`WorkKind.together`); left out, each is done by itself. */
  together?(key: string): number;
}

/** As many jobs of one key may be leased to a process, as a multiple of those that may run: the next ones are at hand. */
const AHEAD = 2;
/** One key gets no more than this part of the places that are free, so there is always one for a key that comes new. */
const SHARE = 8;

/** The pace of a kind as one worker keeps it, whose places all keys share. */
export class Places {
  /** @param all how many jobs run at once, over all keys */
  constructor(
    private readonly pace: Pace | undefined,
    private readonly all: number,
  ) {}

  /** Whether keys differ at all. */
  get paced(): boolean {
    return this.pace !== undefined;
  }

  /** How many jobs of this key may run when so many of all keys do. */
  running(key: string, allRunning: number): number {
    if (!this.pace) return this.all;
    const share = Math.floor((this.all - allRunning) / SHARE);
    return Math.max(1, Math.min(this.pace.places(key), share));
  }

  /** How many jobs of this key may be leased to this process, those that run included. */
  leased(key: string, allRunning: number): number {
    if (!this.pace) return this.all;
    const running = this.running(key, allRunning);
    const together = this.together(key);
    // What is done as one is enough for a while, and what comes meanwhile is part of the next one.
    return together > 1 ? running * together : running * AHEAD;
  }

  /** How many jobs may be leased to this process over all keys. */
  get allLeased(): number {
    return this.pace ? this.all * AHEAD : this.all;
  }

  /** How many jobs of this key may be done as one. */
  together(key: string): number {
    return this.pace?.together?.(key) ?? 1;
  }

  pausedUntil(key: string): number | undefined {
    return this.pace?.pausedUntil(key);
  }
}
