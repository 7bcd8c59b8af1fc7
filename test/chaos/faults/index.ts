import type { Fault } from '../fault.js';
import { blockTheBroker } from './block-the-broker.js';
import { closeAllConnections } from './close-all-connections.js';
import { cutOffANode } from './cut-off-a-node.js';
import { failTheEndpoint } from './fail-the-endpoint.js';
import { flushRedis } from './flush-redis.js';
import { killANode } from './kill-a-node.js';
import { killAnInstance } from './kill-an-instance.js';
import { killRedis } from './kill-redis.js';
import { killTheBroker } from './kill-the-broker.js';
import { killTheEdge } from './kill-the-edge.js';
import { killThePrimary } from './kill-the-primary.js';
import { pauseAnInstance } from './pause-an-instance.js';
import { pauseRedis } from './pause-redis.js';
import { pauseTheStandby } from './pause-the-standby.js';
import { repeatMessages } from './repeat-messages.js';
import { restartANode } from './restart-a-node.js';
import { restartAnInstance } from './restart-an-instance.js';
import { restartTheBroker } from './restart-the-broker.js';

const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);

const ANYWHERE: readonly Fault[] = [
  ...times(5, killAnInstance),
  ...times(3, pauseAnInstance),
  ...times(2, restartAnInstance),
  flushRedis,
  killRedis,
  pauseRedis,
  ...times(3, failTheEndpoint),
  ...times(4, repeatMessages),
];

/** Everything that can go wrong on one machine, as a deck of cards: there is one broker, and there are many instances. */
export const FAULTS: readonly Fault[] = [
  ...ANYWHERE,
  killTheBroker,
  restartTheBroker,
  closeAllConnections,
  blockTheBroker,
];

/** The same where each part has several machines. */
export const CLUSTER_FAULTS: readonly Fault[] = [
  ...ANYWHERE,
  ...times(3, killANode),
  ...times(2, cutOffANode),
  restartANode,
  ...times(2, killThePrimary),
  pauseTheStandby,
  killTheEdge,
];
