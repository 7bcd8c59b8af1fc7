import type { Fault } from '../fault.js';
import { blockTheBroker } from './block-the-broker.js';
import { closeAllConnections } from './close-all-connections.js';
import { failTheEndpoint } from './fail-the-endpoint.js';
import { flushRedis } from './flush-redis.js';
import { killAnInstance } from './kill-an-instance.js';
import { killRedis } from './kill-redis.js';
import { killTheBroker } from './kill-the-broker.js';
import { pauseAnInstance } from './pause-an-instance.js';
import { pauseRedis } from './pause-redis.js';
import { repeatMessages } from './repeat-messages.js';
import { restartAnInstance } from './restart-an-instance.js';
import { restartTheBroker } from './restart-the-broker.js';

const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);

/** Everything that can go wrong here, as a deck of cards: there is one broker, and there are many instances. */
export const FAULTS: readonly Fault[] = [
  ...times(5, killAnInstance),
  ...times(3, pauseAnInstance),
  ...times(2, restartAnInstance),
  killTheBroker,
  restartTheBroker,
  closeAllConnections,
  blockTheBroker,
  flushRedis,
  killRedis,
  pauseRedis,
  ...times(3, failTheEndpoint),
  ...times(4, repeatMessages),
];
