import { type Database, EVERY_TENANT, openDatabase } from '@comanda/storage';
import { testDatabaseUrl } from '@comanda/test-kit';
import { useFolder } from '@comanda/test-kit/hooks';
import { expect, test } from '@jest/globals';
import { migrations } from './migrations.js';
import { readPayment, readRefund } from './read-rows.js';

const AT = '2026-01-01T12:00:00.000Z';
const folder = useFolder();

/** Runs `write` on the database as the first release left it, and opens it with the present one. */
async function upgraded(write: (old: Database) => Promise<unknown>): Promise<Database> {
  const url = testDatabaseUrl(folder.file('payments.db'));
  const old = await openDatabase(url, migrations.slice(0, 1));
  await write(old);
  await old.close();
  return openDatabase(url, migrations);
}

const payment = (old: Database, orderId: string, status: string, refundOnCapture: number, refunded: number) =>
  old.transaction(
    (sql) =>
      sql.run(
        `INSERT INTO payments SELECT 'default', ?1 ->> 0, 'pay-' || (?1 ->> 0), ?1 ->> 1, CAST(?1 ->> 2 AS BIGINT), 360, 'EUR',
           'stripe', NULL, 'pi_1', CAST(?1 ->> 3 AS BIGINT), NULL, NULL, 1, '${AT}', '${AT}'`,
        [orderId, status, refundOnCapture, refunded],
      ),
    EVERY_TENANT,
  );

test('refunds from before there were rows of them are taken over: what is under way, and what is over', async () => {
  const database = await upgraded(async (old) => {
    await payment(old, 'kept', 'COMPLETED', 0, 0);
    await payment(old, 'due', 'COMPLETED', 1, 0);
    await payment(old, 'over', 'REFUNDED', 1, 360);
    await old.transaction(
      (sql) =>
        sql.run(
          `INSERT INTO work SELECT 'refund', 'refund-1', 'default', '', '${AT}', 1, 1, ?1 ->> 0, '{}'`,
          [JSON.stringify({ orderId: 'due' })],
        ),
      EVERY_TENANT,
    );
  });
  try {
    const totals = async (orderId: string) => {
      const row = await readPayment(database, 'default', orderId);
      return [row?.refundedAmount, row?.refundingAmount];
    };
    expect([await totals('kept'), await totals('due'), await totals('over')]).toEqual([
      [0, 0],
      [0, 360],
      [360, 0],
    ]);
    const undo = { cause: 'undo', amount: 360, refusals: 0, reference: null, failureCode: null };
    expect(await readRefund(database, 'default', 'due', 'refund-1')).toMatchObject({
      ...undo,
      status: 'PENDING',
    });
    expect(await readRefund(database, 'default', 'over', 'pay-over')).toMatchObject({
      ...undo,
      status: 'REFUNDED',
    });
    expect(await database.acrossTenants.read('SELECT count(*) AS n FROM refunds')).toEqual([{ n: 2 }]);
  } finally {
    await database.close();
  }
});

test('the database itself lets no payment give back more than it has captured', async () => {
  const database = await upgraded((old) => payment(old, 'kept', 'COMPLETED', 0, 0));
  try {
    const set = (refunded: number, refunding: number) =>
      database.transaction(
        (sql) =>
          sql.run(
            'UPDATE payments SET refunded_amount = CAST(?1 ->> 0 AS BIGINT), refunding_amount = CAST(?1 ->> 1 AS BIGINT)',
            [refunded, refunding],
          ),
        EVERY_TENANT,
      );
    await set(100, 260);
    await expect(set(100, 261)).rejects.toThrow(/check constraint/i);
    await expect(set(0, -1)).rejects.toThrow(/check constraint/i);
  } finally {
    await database.close();
  }
});
