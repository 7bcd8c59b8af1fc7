import { nodeFault } from '../fault.js';

/** kill -9: others lead its queues from now on, and it catches up when it is back. */
export const killANode = nodeFault({
  name: 'kill-a-node',
  lasts: [0, 10_000],
  evenTheSecond: true,
  harm: (cluster, node) => cluster.kill(node),
  heal: (cluster, node) => cluster.start(node),
});
