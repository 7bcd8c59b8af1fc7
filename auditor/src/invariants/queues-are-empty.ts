import type { Invariant } from './invariant.js';

/** Of a system at rest: what is in a queue is still to be handled. Dead letters are told apart, and are no fault. */
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
      detail: `${n} messages wait`,
    }));
    return { checked: asked, count: violations.length, violations };
  },
};
