import { newId } from '@comanda/contracts';
import { EVERY_TENANT, statement, type WorkRow } from '@comanda/storage';
import { useDatabase } from '@comanda/test-kit/hooks';
import { expect, test } from '@jest/globals';
import { SERVICE } from '../testing/ledger.js';
import type { Task } from './task.js';
import { UnitOfWork } from './unit-of-work.js';

const NOW = new Date('2026-01-01T00:00:00.000Z');

const database = useDatabase();

const job = (fence: number): WorkRow => ({
  kind: 'count',
  id: 'one',
  tenantId: 'default',
  key: 'one',
  dueAt: NOW.toISOString(),
  attempt: fence,
  fence,
  payload: {},
  cause: { id: newId(), tenantid: 'default', correlationid: 'test' },
});

const result = (fence: number): Task => ({
  name: 'work: count',
  type: 'count',
  cause: job(fence).cause,
  claim: { kind: 'lease', job: job(fence) },
  needs: () => ({}),
  thenNeeds: () => ({}),
  decide: () => [],
});

test.each([
  { order: 'first', fences: [1, 2], decisions: ['not-ours', 'done'] },
  { order: 'last', fences: [2, 1], decisions: ['done', 'not-ours'] },
])(
  'the result of a lapsed lease does not count, also when it comes $order in one batch with that of the lease that holds',
  async ({ fences, decisions }) => {
    await database.transaction((transaction) => transaction.putWork([job(2)]), EVERY_TENANT);
    const unitOfWork = new UnitOfWork({
      service: SERVICE,
      store: database,
      timers: { now: () => NOW },
      leaseSeconds: () => undefined,
    });
    const committed = await unitOfWork.run(fences.map(result), []);
    expect(committed.decisions.map(({ kind }) => kind)).toEqual(decisions);
    expect(await database.acrossTenants.read(statement('SELECT 1 FROM work'))).toEqual([]);
  },
);

test('a message that comes twice in one batch and fails is no duplicate of itself; one that is handled is', async () => {
  const task = (id: string, decide: Task['decide']): Task => ({
    name: 'count',
    type: 'count',
    cause: { id, tenantid: 'default', correlationid: 'test' },
    claim: { kind: 'inbox' },
    needs: () => ({}),
    decide,
  });
  const fails = task(newId(), () => {
    throw new RangeError('not yet');
  });
  const works = task(newId(), () => []);
  const unitOfWork = new UnitOfWork({
    service: SERVICE,
    store: database,
    timers: { now: () => NOW },
    leaseSeconds: () => undefined,
  });
  const committed = await unitOfWork.run([fails, works, fails, works], []);
  expect(committed.decisions.map(({ kind }) => kind)).toEqual(['failed', 'done', 'failed', 'not-ours']);
  // Only what was handled is in the inbox.
  const again = await unitOfWork.run([works, fails], []);
  expect(again.decisions.map(({ kind }) => kind)).toEqual(['not-ours', 'failed']);
});
