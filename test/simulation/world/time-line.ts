import type { Chance } from './chance.js';

/** Whose activity it is: when it is over (the process died), what it was doing never goes on. */
export interface Life {
  over: boolean;
}

interface Parked {
  readonly life: Life;
  go(): void;
}

interface Timer {
  readonly at: number;
  readonly nth: number;
  ring(): void;
}

export interface TimeLineOptions {
  readonly chance: Chance;
  /** Milliseconds since the epoch. */
  readonly start: number;
  /** Asked before each step; what dies here does not take it. */
  readonly mayGoOn: (life: Life) => boolean;
  /** More steps than this, and the history does not come to rest. */
  readonly limit: number;
}

/**
 * Time, and who goes on next. Activities are plain async functions that wait only here: at a `seam`, where all
 * others may go first, or for a time. One goes on at a time, chance says which, and so a seed is a whole history.
 * Time passes a little with each step, and when nobody can go on it jumps to the next timer.
 */
export class TimeLine {
  now: number;
  steps = 0;
  readonly #ready: Parked[] = [];
  readonly #timers: Timer[] = [];
  #count = 0;
  #stopped: () => void = () => {};
  #failure: unknown;

  constructor(private readonly options: TimeLineOptions) {
    this.now = options.start;
  }

  /** Starts an activity; its first step is taken when its turn comes. */
  spawn(life: Life, activity: () => Promise<void>): void {
    const go = () => {
      activity().then(
        () => this.#stopped(),
        (error: unknown) => {
          this.#failure ??= error;
          this.#stopped();
        },
      );
    };
    this.#ready.push({ life, go });
  }

  /** Lets others go first; between any two seams nothing else happens. */
  seam(life: Life): Promise<void> {
    return new Promise((go) => {
      this.#ready.push({ life, go });
      this.#stopped();
    });
  }

  sleep(life: Life, ms: number): Promise<void> {
    return new Promise((go) => {
      this.at(this.now + ms, () => this.#ready.push({ life, go }));
      this.#stopped();
    });
  }

  /** Waits for `wake` to be called, which `register` hands out. */
  wait(life: Life, register: (wake: () => void) => void): Promise<void> {
    return new Promise((go) => {
      register(() => this.#ready.push({ life, go }));
      this.#stopped();
    });
  }

  at(ms: number, ring: () => void): void {
    const timers = this.#timers;
    const timer = { at: Math.ceil(ms), nth: this.#count++, ring };
    let place = timers.push(timer) - 1;
    for (;;) {
      const above = (place - 1) >> 1;
      const parent = timers[above];
      if (place === 0 || !parent || !sooner(timer, parent)) break;
      timers[place] = parent;
      place = above;
    }
    timers[place] = timer;
  }

  /** Goes on until nobody has anything left to do. Throws what an activity threw. */
  async run(): Promise<void> {
    for (;;) {
      this.#ring();
      const next = this.#next();
      if (!next) {
        const [timer] = this.#timers;
        if (!timer) return;
        this.now = Math.max(this.now, timer.at);
        continue;
      }
      if (next.life.over || !this.options.mayGoOn(next.life)) continue;
      if (++this.steps > this.options.limit) throw new NeverAtRest(`${this.steps} steps and still moving`);
      this.now += this.options.chance.below(3);
      const stopped = new Promise<void>((resolve) => {
        this.#stopped = resolve;
      });
      next.go();
      await stopped;
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  #next(): Parked | undefined {
    const ready = this.#ready;
    const last = ready.pop();
    if (!last || ready.length === 0) return last;
    const at = this.options.chance.below(ready.length + 1);
    const picked = ready[at];
    if (!picked) return last;
    ready[at] = last;
    return picked;
  }

  #ring(): void {
    for (let first = this.#timers[0]; first && first.at <= this.now; first = this.#timers[0]) {
      this.#removeFirst();
      first.ring();
    }
  }

  #removeFirst(): void {
    const timers = this.#timers;
    const last = timers.pop();
    if (!last || timers.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      const [left, right] = [timers[below], timers[below + 1]];
      if (left && right && sooner(right, left)) below++;
      const child = timers[below];
      if (!child || !sooner(child, last)) break;
      timers[place] = child;
      place = below;
    }
    timers[place] = last;
  }
}

const sooner = (one: Timer, other: Timer): boolean =>
  one.at < other.at || (one.at === other.at && one.nth < other.nth);

/** The history goes on and on. */
export class NeverAtRest extends Error {
  override readonly name = 'NeverAtRest';
}
