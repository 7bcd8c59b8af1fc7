import { nodeFault } from '../fault.js';

/** It neither answers nor closes a connection; above a minute the others take it for gone. */
export const cutOffANode = nodeFault({
  name: 'cut-off-a-node',
  lasts: [5_000, 90_000],
  harm: (cluster, node) => cluster.pause(node),
  heal: (cluster, node) => cluster.resume(node),
});
