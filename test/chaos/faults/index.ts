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

/** Everything that can go wrong here. What happens to instances stands more often, for there are many of them. */
export const FAULTS: readonly Fault[] = [
  killAnInstance,
  killAnInstance,
  killAnInstance,
  pauseAnInstance,
  pauseAnInstance,
  restartAnInstance,
  killTheBroker,
  restartTheBroker,
  closeAllConnections,
  blockTheBroker,
  flushRedis,
  killRedis,
  pauseRedis,
  failTheEndpoint,
  failTheEndpoint,
  repeatMessages,
  repeatMessages,
  repeatMessages,
];
