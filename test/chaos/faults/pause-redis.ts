import { type Fault, REDIS } from '../fault.js';

/** A Redis that takes commands and answers none; what was asked meanwhile is answered late, to nobody. */
export const pauseRedis: Fault = {
  name: 'pause-redis',
  targets: () => [REDIS],
  lasts: [2_000, 12_000],
  async inject({ installation: { redis } }) {
    await redis.pause();
    return { heal: () => redis.resume() };
  },
};
