import type { Timers } from '@comanda/messaging';
import type { Life, TimeLine } from './time-line.js';

/** The clock and the timers of one process. */
export const timersOf = (life: Life, timeLine: TimeLine): Timers => ({
  now: () => new Date(timeLine.now),
  after(ms, run) {
    const callback = timeLine.later(life, ms, run, false);
    return () => {
      callback.cancelled = true;
    };
  },
  sleep: (ms) => new Promise((resolve) => timeLine.later(life, ms, resolve, false)),
  nextTurn: () => new Promise((resolve) => timeLine.next(life, resolve)),
});
