import type { OrderStatus } from '@comanda/contracts';
import { EVERY_TENANT, SqlTransaction, statement } from '@comanda/storage';
import { onPostgres } from '@comanda/test-kit';
import { useDatabase } from '@comanda/test-kit/hooks';
import { expect, test } from '@jest/globals';
import { cleanOnce } from '../../../test/support/clean-once.js';
import { migrations } from './migrations.js';
import { timelineRetention } from './timeline-retention.js';

const NOW = new Date('2027-06-30T12:00:00.000Z');
const daysAgo = (days: number): string => new Date(NOW.getTime() - days * 24 * 3_600_000).toISOString();

const database = useDatabase(migrations);

const INSERT_ORDER = statement(
  `INSERT INTO orders (tenant_id, order_id, customer_id, status, items, total_amount, currency, refunded_amount,
                       refunding_amount, sequence, created_at, updated_at)
   VALUES ('default', $1, 'ana', $2, '[]', 360, 'EUR', 0, 0, 1, $3, $3)`,
);
const INSERT_STEP = statement(
  `INSERT INTO order_timeline (tenant_id, order_id, message_id, at, service, type, detail)
   VALUES ('default', $1, $2, $3, 'orders-service', 'order.created', '{}')`,
);

/** An order in its present status since `changed`, with steps at these times. */
async function order(
  orderId: string,
  status: OrderStatus,
  changed: string,
  steps: readonly string[],
): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.run(INSERT_ORDER, orderId, status, changed);
    for (const [number, at] of steps.entries())
      await sql.run(INSERT_STEP, orderId, `${orderId}${number}`, at);
  }, EVERY_TENANT);
}

const clean = () => cleanOnce(database, [timelineRetention(365)], NOW);

const stepsLeft = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await database.acrossTenants.read(
        statement('SELECT order_id, count(*) AS n FROM order_timeline GROUP BY order_id'),
      )
    ).map((row) => [String(row.order_id), Number(row.n)]),
  );

test('the timeline of an order goes a year after its end; the order stays, and whatever has not ended', async () => {
  const [old, young] = [daysAgo(366), daysAgo(364)];
  const ended = ['CONFIRMED', 'REJECTED', 'CANCELLED', 'FULFILLED'] as const;
  for (const status of ended) {
    await order(`${status}-long-ago`, status, old, [old, old, old]);
    await order(`${status}-lately`, status, young, [old, old, young]);
  }
  await order('PENDING-long-ago', 'PENDING', old, [old]);
  await order('AWAITING-long-ago', 'AWAITING_PAYMENT', old, [old, old]);
  await clean();
  expect(await stepsLeft()).toEqual({
    'CONFIRMED-lately': 3,
    'REJECTED-lately': 3,
    'CANCELLED-lately': 3,
    'FULFILLED-lately': 3,
    'PENDING-long-ago': 1,
    'AWAITING-long-ago': 2,
  });
  expect(await database.acrossTenants.read(statement('SELECT count(*) AS n FROM orders'))).toEqual([
    { n: 10 },
  ]);
});

(onPostgres ? test.skip : test)(
  'what is old is found by an index, however many steps there are',
  async () => {
    const statements: string[] = [];
    await timelineRetention(365).remove(
      new SqlTransaction(async (one) => {
        statements.push(typeof one === 'string' ? one : one.sqlite);
        return [];
      }),
      { before: NOW.toISOString(), limit: 500 },
    );
    const plans = await database.transaction((sql) =>
      Promise.all(
        statements.map((text) => sql.run(statement(`EXPLAIN QUERY PLAN ${text}`), NOW.toISOString(), 500)),
      ),
    );
    const details = plans.flat().map((row) => String(row.detail));
    expect(details).toContainEqual(expect.stringContaining('SEARCH t USING INDEX order_timeline_by_age'));
    expect(details.filter((detail) => /^SCAN (t|o|order_timeline|orders)\b/.test(detail))).toEqual([]);
  },
);
