import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { statement } from '@comanda/storage';
import { expect, test } from '@jest/globals';
import { metrics } from '../metrics.js';
import { jobs } from '../testing/jobs.js';
import { useStage } from '../testing/stage.js';
import type { WorkKind } from './work.js';

const stage = useStage();

const failing = async (): Promise<number> =>
  (await metrics.workFailing.get()).values.find(({ labels }) => labels.kind === 'test.job')?.value ?? 0;

test('a job whose result can never be decided upon is tried after growing pauses, is counted, and is not lost', async () => {
  const bad = newId();
  const runs: number[] = [];
  let broken = true;
  const work: WorkKind = jobs({
    leaseSeconds: 1,
    run: async (job) => {
      if (job.id === bad) runs.push(Date.now());
    },
  });
  const decide: WorkKind['decide'] = (job, ...rest) => {
    if (broken && (job as { id: string }).id === bad) throw new Error('a bug in decide');
    return work.decide(job, ...rest);
  };
  const instance = await stage.start({ work: [{ ...work, decide }] });
  await instance.leave([{ id: bad }, ...Array.from({ length: 20 }, () => ({ id: newId() }))]);

  await until('its neighbours are done', async () => (await instance.count('done-a')) === 20);
  await until('it has failed three times', () => instance.log.said('work failed').length === 3);
  // The lease of a second, then twice as long.
  expect((runs[1] ?? 0) - (runs[0] ?? 0)).toBeGreaterThanOrEqual(900);
  expect((runs[2] ?? 0) - (runs[1] ?? 0)).toBeGreaterThanOrEqual(1_900);
  await until('it is counted', async () => (await failing()) === 1);
  expect(await instance.rows('work')).toBe(1);
  expect(instance.log.said('work failed')[2]).toMatchObject({
    level: 'error',
    fields: { work: 'test.job', workId: bad, attempt: 3, error: 'Error: a bug in decide' },
  });
  const [left] = await instance.database.acrossTenants.read(statement('SELECT due_at FROM work'));
  expect(Date.parse(String(left?.due_at)) - (runs[2] ?? 0)).toBeGreaterThanOrEqual(3_900);

  broken = false;
  await until('it is done when the bug is mended', async () => (await instance.count('done-a')) === 21);
  await until('it is counted no longer', async () => (await failing()) === 0);
  expect(await instance.rows('work')).toBe(0);
  expect(runs).toHaveLength(4);
}, 60_000);
