import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Fault, REDIS } from '../fault.js';

const BETWEEN_MS = 50;

/** FLUSHALL again and again: what was handled and who holds which lock is forgotten in mid-flow. */
export const flushRedis: Fault = {
  name: 'flush-redis',
  targets: () => [REDIS],
  lasts: [500, 5_000],
  async inject({ installation }) {
    const redis = new Redis(installation.redis.url);
    await redis.flushall();
    let over = false;
    const flushing = (async () => {
      while (!over) {
        await redis.flushall();
        await pause(BETWEEN_MS);
      }
    })();
    return {
      heal: async () => {
        over = true;
        await flushing;
        await redis.quit();
      },
    };
  },
};
