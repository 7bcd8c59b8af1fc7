import { runMain } from '@comanda/test-kit';
import { Redis } from 'ioredis';
import { armCrash, crashPointOf } from '../failpoints.js';
import { Instance } from './instance.js';
import { jobs } from './jobs.js';

/** An instance of the test service as a process of its own; its one argument, in JSON, says what it does. */
await runMain(
  async (options: {
    rabbitUrl: string;
    file: string;
    redisUrl?: string;
    prefetch?: number;
    job?: Parameters<typeof jobs>[0];
    /** The failpoint at which it dies. */
    crashAt?: string;
  }) => {
    const { redisUrl, job, crashAt, ...rest } = options;
    const point = crashAt === undefined ? undefined : crashPointOf(crashAt);
    if (point) armCrash(point);
    const redis =
      redisUrl === undefined
        ? undefined
        : new Redis(redisUrl, { enableOfflineQueue: false, commandTimeout: 250 });
    redis?.on('error', () => undefined);
    const work = job === undefined ? [] : [jobs(job)];
    const instance = await Instance.start({ ...rest, redis, work });
    return async () => {
      await instance.close();
      redis?.disconnect();
    };
  },
);
