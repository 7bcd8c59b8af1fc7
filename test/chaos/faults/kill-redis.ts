import { REDIS, serverFault } from '../fault.js';

/** It keeps nothing on disk, so it comes back empty. */
export const killRedis = serverFault(REDIS, {
  name: 'kill-redis',
  lasts: [0, 8_000],
  harm: ({ redis }) => redis.kill(),
  heal: ({ redis }) => redis.start(),
});
