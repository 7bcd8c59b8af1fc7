import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { audit, databasesIn, INVARIANTS } from '@comanda/auditor';
import type { DatabaseName } from '@comanda/contracts';
import { beforeAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { fill } from '../grown/fill.js';
import { filesIn, sample } from '../grown/grow.js';
import { useFolder } from '../support/use-folder.js';
import { useInstallation } from '../support/use-installation.js';

const SAMPLE = 40;
const TIMES = 50;
const EVERY_MS = 60_000;

describe('databases that were filled with copies of a sample', () => {
  const comanda = useInstallation();
  const grown = join(useFolder('comanda-grown-'), 'data');

  /** On a database of the grown ones. */
  const sql = (name: DatabaseName, work: (database: Sqlite.Database) => void): void => {
    const database = new Sqlite(join(grown, `${name}.db`));
    try {
      work(database);
    } finally {
      database.close();
    }
  };
  const countIn = (directory: string, name: DatabaseName, table: string): number => {
    const database = new Sqlite(join(directory, `${name}.db`), { readonly: true });
    try {
      return database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
    } finally {
      database.close();
    }
  };
  const wrong = async () => {
    const { invariants } = await audit({ databases: databasesIn(grown), atRest: true });
    expect(invariants.map(({ id }) => id)).toEqual(INVARIANTS.map(({ id }) => id));
    return invariants
      .filter(({ count }) => count > 0)
      .map(({ id, count, violations }) => ({ id, count, first: violations[0]?.ids }));
  };

  beforeAll(async () => {
    const { url } = comanda.platform;
    const directory = join(comanda.directory, 'data');
    const kept = await sample({ url, directory, rabbitUrl: comanda.brokerUrl }, SAMPLE);
    await comanda.platform.stop();
    cpSync(directory, grown, { recursive: true });
    for (const file of filesIn(grown)) fill(file, { kept, times: TIMES, everyMs: EVERY_MS });
  });

  it('hold what the services would have written: the auditor agrees', async () => {
    const original = join(comanda.directory, 'data');
    for (const [name, table] of [
      ['orders', 'orders'],
      ['orders', 'order_timeline'],
      ['payments', 'payments'],
      ['products', 'reservations'],
      ['gateway', 'idempotency_keys'],
    ] as const)
      expect([table, countIn(grown, name, table)]).toEqual([table, TIMES * countIn(original, name, table)]);
    expect(await wrong()).toEqual([]);
  });

  it('are read by the auditor to the last row: what is broken in one copy is found', async () => {
    let orderId: unknown;
    sql('webhooks', (database) => {
      const one = `SELECT delivery_id FROM deliveries WHERE event_type = 'order.confirmed' ORDER BY created_at LIMIT 1`;
      orderId = database
        .prepare(`DELETE FROM deliveries WHERE delivery_id = (${one}) RETURNING order_id`)
        .pluck()
        .get();
    });
    expect(await wrong()).toEqual([
      { id: 'every-subscription-gets-its-events', count: 1, first: expect.objectContaining({ orderId }) },
    ]);
  });
});
