import { nodeFault } from '../fault.js';

/** In order, as for an upgrade of the broker. */
export const restartANode = nodeFault({
  name: 'restart-a-node',
  lasts: [0, 5_000],
  harm: (cluster, node) => cluster.stop(node),
  heal: (cluster, node) => cluster.start(node),
});
