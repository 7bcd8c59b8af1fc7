import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { type Sql, statement } from '@comanda/storage';
import { describe, expect, test } from '@jest/globals';
import type { Instance } from '../testing/instance.js';
import { jobs } from '../testing/jobs.js';
import { counted, DEAD_LETTERS, many, QUEUE } from '../testing/ledger.js';
import { LISTENER, useStage } from '../testing/stage.js';

const stage = useStage();

/** A way to the connection that writes, past the transactions, which fail while the database is out. */
const connectionOf = (instance: Instance): Promise<Sql> => instance.database.transaction(async (sql) => sql);
const pragma = async (connection: Sql, setting: string) => connection.run(statement(`PRAGMA ${setting}`));

/** How a database is put out, and brought back; SQLite itself refuses what is written in between. */
const OUTAGES = [
  { kind: 'read-only', out: 'query_only = ON', back: 'query_only = OFF', code: 'readonly' },
  { kind: 'full', out: 'max_page_count = 1', back: 'max_page_count = 1073741823', code: 'full' },
] as const;

describe.each(OUTAGES)('a database that is $kind', ({ kind, out, back, code }) => {
  /** Each a row of its own in four tables. */
  const sent = many(300, (at) => counted({ counter: `counter-${at}-${'x'.repeat(100)}` }));

  test('is logged once; no message is acked or given up, and all are handled when the database works again', async () => {
    const instance = await stage.start({ prefetch: 200 });
    const connection = await connectionOf(instance);
    await pragma(connection, out);
    await stage.raw.publish(sent);
    await until('it is known', () => instance.messaging.unhealthyReason?.includes(code) ?? false);
    const handled = await instance.rows('effects');
    expect(handled).toBeLessThan(300);
    expect(await instance.rows('inbox')).toBe(handled);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);

    await pragma(connection, back);
    await until('all are handled', async () => (await instance.rows('effects')) === 300);
    await until('nothing is in trouble', () => instance.messaging.unhealthyReason === undefined);
    await until('all events are published', async () => (await instance.rows('outbox')) === 0);
    await instance.stop();
    expect(instance.log.said('the database does not work')).toHaveLength(1);
    expect(instance.log.said('the database does not work')[0]?.level).toBe('error');
    expect(instance.log.said('the database works again')).toHaveLength(1);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);
    expect(await stage.raw.events(LISTENER)).toHaveLength(300);
  });

  test('does not keep the service from stopping; the next instance takes its messages and its work', async () => {
    const job = newId();
    let begun = 0;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const run = () => {
      begun++;
      return released;
    };
    const instance = await stage.start({ work: [jobs({ run, leaseSeconds: 2 })] });
    await instance.leave([{ id: job }]);
    await until('the job runs', () => begun === 1);
    await pragma(await connectionOf(instance), out);
    await stage.raw.publish(sent);
    await until('it is known', () => instance.messaging.unhealthyReason !== undefined);
    release();
    await instance.stop();
    const [effects, left] = [await instance.rows('effects'), await instance.rows('work')];
    expect(effects).toBeLessThan(300);
    // A database that is full may still have room for something small: then it is there with its effect.
    expect(await instance.rows('inbox')).toBe(effects - (1 - left));
    if (kind === 'read-only') expect(left).toBe(1);
    expect(await stage.raw.ready(DEAD_LETTERS)).toBe(0);

    const next = await stage.start({ work: [jobs({ leaseSeconds: 2 })] });
    await until('the next has handled them', async () => (await next.rows('effects')) === 301);
    await until('all events are published', async () => (await next.rows('outbox')) === 0);
    await next.stop();
    expect(await next.count('done-a')).toBe(1);
    expect(await next.rows('work')).toBe(0);
    expect(await stage.raw.ready(QUEUE)).toBe(0);
    expect(new Set((await stage.raw.events(LISTENER)).map(({ id }) => id)).size).toBe(300);
  });
});

test('a service that only waits for due work notices, too, that its database can not be written', async () => {
  const instance = await stage.start({ work: [jobs({})] });
  const connection = await connectionOf(instance);
  await pragma(connection, 'query_only = ON');
  await until(
    'it is known',
    () => instance.messaging.unhealthyReason?.includes('can not be claimed') ?? false,
  );
  await pragma(connection, 'query_only = OFF');
  await instance.leave([{ id: newId() }]);
  await until('the work is done', async () => (await instance.count('done-a')) === 1);
  await until('nothing is in trouble', () => instance.messaging.unhealthyReason === undefined);
  expect(instance.log.said('due work can not be claimed')).toHaveLength(1);
  expect(instance.log.said('due work is claimed again')).toHaveLength(1);
});
