import { join } from 'node:path';
import { openDatabase, statement } from '@comanda/storage';
import { Folder, testDatabaseUrl } from '@comanda/test-kit';
import { afterAll, expect, test } from '@jest/globals';
import { findByReference } from '../queries/find-by-reference.js';
import { migrations } from './migrations.js';
import { payments, refunds } from './tables.js';

const folder = new Folder();
afterAll(() => folder.remove());

test('payments and refunds from before disputes were known are read as they were', async () => {
  const url = testDatabaseUrl(join(folder.path, 'payments.db'));
  const before = await openDatabase(url, migrations.slice(0, 1));
  await before.transaction(
    async (transaction) => {
      for (const row of [
        `INSERT INTO payments VALUES ('cafe', 'o1', 'p1', 'COMPLETED', 0, 360, 'EUR', 'stripe', 'pm_1', 'pi_1', 100, 50, NULL, NULL, 3, 'then', 'then')`,
        `INSERT INTO refunds VALUES ('cafe', 'o1', 'r1', 'request', 'REFUNDED', 100, 0, 're_1', NULL, 'then', 'then')`,
        `INSERT INTO refunds VALUES ('cafe', 'o1', 'r2', 'undo', 'PENDING', 50, 2, NULL, 'NO', 'then', 'then')`,
      ])
        await transaction.run(statement(row));
    },
    ['cafe'],
  );
  await before.close();
  const after = await openDatabase(url, migrations);
  try {
    const cafe = after.of('cafe');
    const payment = { paymentId: 'p1', refundedAmount: 100, refundingAmount: 50, sequence: 3, disputes: [] };
    expect(await cafe.find(payments.read('cafe', 'o1'))).toMatchObject(payment);
    expect(await cafe.find(refunds.read('cafe', 'o1', 'r1'))).toMatchObject({
      reference: 're_1',
      amount: 100,
    });
    expect(await cafe.find(refunds.read('cafe', 'o1', 'r2'))).toMatchObject({ cause: 'undo', refusals: 2 });
    const find = findByReference(after);
    expect(await find('stripe', 'pi_1')).toMatchObject({ tenantId: 'cafe', ...payment });
    expect(await find('simulated', 'pi_1')).toBeUndefined();
  } finally {
    await after.close();
  }
});
