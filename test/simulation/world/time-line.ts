import type { Chance } from './chance.js';

/** Whose doing it is: when a life is over (its process died), nothing that waits in its name ever goes on. */
export interface Life {
  over: boolean;
}

/** What is outside of all processes. */
export const WORLD: Life = { over: false };

/** Something that can happen next. */
export interface Occurrence {
  readonly life: Life;
  readonly happen: () => void;
  cancelled: boolean;
}

interface Alarm {
  readonly at: number;
  readonly nth: number;
  /** Whether the world waits for it, so that it is not at rest before. */
  readonly awaited: boolean;
  readonly event: Occurrence;
}

export interface TimeLineOptions {
  readonly chance: Chance;
  /** Milliseconds since the epoch. */
  readonly start: number;
  /** Asked before each event; what dies here does not take part in it. */
  readonly mayGoOn: (life: Life) => boolean;
  /** Whether nobody has anything left to do. Asked when nothing can happen before the next alarm. */
  readonly atRest: () => boolean;
  /** More steps than this, and the history does not come to rest. */
  readonly limit: number;
}

/** So long nothing has changed for anybody while something is left to do: nobody is going to do it. */
const STUCK_MS = 30 * 60_000;
/** Turns of the event loop that are asked for ahead: all of them are taken in one round through it. */
const AHEAD = 64;

/**
 * Time, and what happens next. Each wait (for a timer, a delivery, the end of a call) is for an event
 * here. One event happens at a time, and before the next one every promise that it settled is followed to its end: so
 * the code under test runs as it is, and chance alone, from the seed, says in which order. Time passes a little with each
 * step; when nothing can happen it jumps to the next alarm.
 */
export class TimeLine {
  now: number;
  steps = 0;
  readonly #ready: Occurrence[] = [];
  #turns: { readonly life: Life; readonly happen: () => void }[] = [];
  readonly #alarms: Alarm[] = [];
  #awaited = 0;
  #count = 0;
  #movedAt: number;
  #failure: unknown;

  constructor(private readonly options: TimeLineOptions) {
    this.now = options.start;
    this.#movedAt = options.start;
  }

  /** Lets it happen when its turn comes. */
  soon(life: Life, happen: () => void): Occurrence {
    const event = { life, happen, cancelled: false };
    this.#ready.push(event);
    return event;
  }

  /**
   * Lets it happen before the next event, as what the event loop does at the end of a turn. It is no event of its own:
   * nothing that the code under test can distinguish lies between.
   */
  next(life: Life, happen: () => void): void {
    this.#turns.push({ life, happen });
  }

  /** Lets it happen some time after `ms` from now. The world is not at rest before, unless it need not wait. */
  later(life: Life, ms: number, happen: () => void, awaited = true): Occurrence {
    const event = { life, happen, cancelled: false };
    if (awaited) this.#awaited++;
    this.#add({ at: Math.ceil(this.now + ms), nth: this.#count++, awaited, event });
    return event;
  }

  /** Something has changed: the history is not stuck. */
  moved(): void {
    this.#movedAt = this.now;
  }

  /** Ends the history with this error. The code under test can't catch it. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Goes on until all is at rest, or nobody is going to do what is left. Throws what it was failed with. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      let ended = false;
      const turn = () => {
        if (ended) return;
        try {
          if (this.#step()) setImmediate(turn);
          else {
            ended = true;
            resolve();
          }
        } catch (error) {
          ended = true;
          reject(error);
        }
      };
      for (let ahead = 0; ahead < AHEAD; ahead++) setImmediate(turn);
    });
  }

  /** One event. @returns whether there may be another one */
  #step(): boolean {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#turns.length > 0) {
        const turns = this.#turns;
        this.#turns = [];
        for (const { life, happen } of turns) if (!life.over) happen();
        return true;
      }
      this.#ring();
      const event = this.#next();
      if (!event) {
        const [alarm] = this.#alarms;
        if (!alarm || (this.#awaited === 0 && this.#isOver())) return false;
        this.now = Math.max(this.now, alarm.at);
        continue;
      }
      if (event.cancelled || event.life.over || !this.options.mayGoOn(event.life)) continue;
      if (++this.steps > this.options.limit) throw new NeverAtRest(`${this.steps} steps and still moving`);
      this.now += this.options.chance.below(2);
      event.happen();
      return true;
    }
  }

  #isOver(): boolean {
    return this.options.atRest() || this.now > this.#movedAt + STUCK_MS;
  }

  #next(): Occurrence | undefined {
    const ready = this.#ready;
    const last = ready.pop();
    if (!last || ready.length === 0) return last;
    const at = this.options.chance.below(ready.length + 1);
    const picked = ready[at];
    if (!picked) return last;
    ready[at] = last;
    return picked;
  }

  /** Alarms that are due become events. */
  #ring(): void {
    for (let first = this.#alarms[0]; first && first.at <= this.now; first = this.#alarms[0]) {
      this.#removeFirst();
      if (first.awaited) this.#awaited--;
      if (!first.event.cancelled && !first.event.life.over) this.#ready.push(first.event);
    }
  }

  /** The alarms are a heap: the soonest is the first. */
  #add(alarm: Alarm): void {
    const alarms = this.#alarms;
    let place = alarms.push(alarm) - 1;
    for (;;) {
      const above = (place - 1) >> 1;
      const parent = alarms[above];
      if (place === 0 || !parent || !sooner(alarm, parent)) break;
      alarms[place] = parent;
      place = above;
    }
    alarms[place] = alarm;
  }

  #removeFirst(): void {
    const alarms = this.#alarms;
    const last = alarms.pop();
    if (!last || alarms.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      const [left, right] = [alarms[below], alarms[below + 1]];
      if (left && right && sooner(right, left)) below++;
      const child = alarms[below];
      if (!child || !sooner(child, last)) break;
      alarms[place] = child;
      place = below;
    }
    alarms[place] = last;
  }
}

const sooner = (one: Alarm, other: Alarm): boolean =>
  one.at < other.at || (one.at === other.at && one.nth < other.nth);

/** The history goes on and on. */
export class NeverAtRest extends Error {
  override readonly name = 'NeverAtRest';
}
