import { EDGE, type Fault } from '../fault.js';

/** kill -9 of nginx: every connection of every client ends. */
export const killTheEdge: Fault = {
  name: 'kill-the-edge',
  targets: () => [EDGE],
  lasts: [0, 3_000],
  async inject({ machines: { edge } }) {
    await edge.kill();
    return { heal: () => edge.start() };
  },
};
