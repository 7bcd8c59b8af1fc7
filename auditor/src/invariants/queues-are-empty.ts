import type { Invariant } from './invariant.js';

/** At rest: a message in a queue is still to be handled. Dead letters are reported apart and are no violation. */
export const queuesAreEmpty: Invariant = {
  id: 'queues-are-empty',
  promise: 9,
  title: 'No message waits for its service, or to be tried again',
  reads: [],
  onlyAtRest: true,
  async check(_books, { queues }) {
    if (queues.kind !== 'counted') return { checked: 0, count: 0, violations: [] };
    const { asked, waiting } = queues;
    const violations = Object.entries(waiting).map(([queue, n]) => ({
      ids: { queue },
      detail: `${n} messages wait, each with one event or a frame of them`,
    }));
    return { checked: asked, count: violations.length, violations };
  },
};
