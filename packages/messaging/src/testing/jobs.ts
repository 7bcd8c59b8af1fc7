import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { emit } from '../runtime/effects.js';
import type { Pace } from '../work/pace.js';
import { defineWork, type Job, type WorkKind } from '../work/work.js';
import { counters, effects, Noted } from './ledger.js';

/**
 * Work for the tests: it writes to a file when it begins and ends (a line each, so that several processes may share
 * it), takes a while, and counts what it is for.
 */
export const jobs = (how: {
  log?: string;
  takesMs?: number;
  leaseSeconds?: number;
  concurrency?: number;
  pace?: Pace;
  /** Whether its end is published as an event. */
  publishes?: boolean;
  run?: (job: Job<{ counter: string }>) => Promise<void>;
  /** Done as one, as far as the pace allows it. */
  together?: (jobs: readonly Job<{ counter: string }>[]) => Promise<void>;
}): WorkKind =>
  defineWork({
    kind: 'test.job',
    payload: z.object({ counter: z.string() }),
    leaseSeconds: how.leaseSeconds ?? 2,
    concurrency: how.concurrency ?? 4,
    ...(how.pace && { pace: how.pace }),
    async run(job) {
      const report = (what: string) => {
        if (how.log !== undefined)
          appendFileSync(how.log, `${what} ${job.id} ${job.attempt} ${process.pid} ${Date.now()}\n`);
      };
      report('begins');
      await how.run?.(job);
      if (how.takesMs !== undefined) await pause(how.takesMs);
      report('ends');
      return job.id;
    },
    ...(how.together && {
      together: async (jobs: readonly Job<{ counter: string }>[]) => {
        await how.together?.(jobs);
        return jobs.map(({ id }) => id);
      },
    }),
    needs: (job) => ({ counter: counters.lock(`done-${job.payload.counter}`) }),
    decide: (job, _result, { counter }, context) => [
      counters.put({ name: `done-${job.payload.counter}`, count: (counter?.count ?? 0) + 1, link: null }),
      effects.append({
        messageId: job.id,
        counter: `done-${job.payload.counter}`,
        before: counter?.count ?? 0,
      }),
      ...(how.publishes
        ? [emit(Noted, { id: context.newId(), subject: job.id, sequence: 1, data: { of: job.id, count: 1 } })]
        : []),
    ],
  });
