import { type Fault, REDIS } from '../fault.js';

/** It keeps nothing on disk, so it comes back empty. */
export const killRedis: Fault = {
  name: 'kill-redis',
  targets: () => [REDIS],
  lasts: [0, 8_000],
  async inject({ installation: { redis } }) {
    await redis.kill();
    return { heal: () => redis.start() };
  },
};
