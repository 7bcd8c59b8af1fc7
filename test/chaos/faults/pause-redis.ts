import { REDIS, serverFault } from '../fault.js';

/** A Redis that takes commands and answers none; what was asked meanwhile is answered late, to nobody. */
export const pauseRedis = serverFault(REDIS, {
  name: 'pause-redis',
  lasts: [2_000, 12_000],
  harm: ({ redis }) => redis.pause(),
  heal: ({ redis }) => redis.resume(),
});
