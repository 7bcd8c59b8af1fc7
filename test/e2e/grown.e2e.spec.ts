import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { audit, databasesIn, INVARIANTS } from '@comanda/auditor';
import { DATABASE_OWNERS, type DatabaseName } from '@comanda/contracts';
import { beforeAll, describe, expect, it } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { z } from 'zod';
import { fill } from '../grown/fill.js';
import { filesIn, sample } from '../grown/grow.js';
import { pagesIn, someCustomer } from '../grown/pages.js';
import { SAMPLE_PASSWORD } from '../grown/trade.js';
import { Api } from '../support/api.js';
import { scansIn } from '../support/query-plans.js';
import { recordedIn, recordingInto } from '../support/recorded-statements.js';
import { until } from '../support/until.js';
import { useFolder } from '../support/use-folder.js';
import { useInstallation } from '../support/use-installation.js';

const SAMPLE = 40;
const TIMES = 50;
const EVERY_MS = 60_000;

describe('databases that were filled with copies of a sample', () => {
  const folder = useFolder('comanda-grown-');
  const [grown, recorded] = [join(folder, 'data'), join(folder, 'statements')];
  const comanda = useInstallation();

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
    // The migrations have run by now: they read whole tables, once.
    await comanda.restart({ ...recordingInto(recorded), HOUSEKEEPING_EVERY_SECONDS: '1' });
    const { url } = comanda.platform;
    const directory = join(comanda.directory, 'data');
    const kept = await sample({ url, directory, rabbitUrl: comanda.brokerUrl }, SAMPLE);
    await look(url, directory);
    await comanda.platform.stop();
    cpSync(directory, grown, { recursive: true });
    for (const file of filesIn(grown)) fill(file, { kept, times: TIMES, everyMs: EVERY_MS });
  });

  /** Asks for every page, and waits for the housekeeping of every service, so that all their statements are known. */
  const look = async (url: string, directory: string): Promise<void> => {
    const customer = await Api.logIn(url, someCustomer(directory), SAMPLE_PASSWORD);
    const viewers = { staff: comanda.staff, customer, 'the busiest customer': comanda.customer };
    for (const { as, paths } of pagesIn(directory)) {
      const [path = ''] = paths;
      const { status, body } = await viewers[as].get(`/${path}`);
      expect([path, status]).toEqual([path, 200]);
      const { nextCursor } = z.object({ nextCursor: z.string().nullish() }).parse(body);
      if (nextCursor) await viewers[as].get(`/${path}&cursor=${nextCursor}`);
    }
    await until('every service has removed what is old', () =>
      DATABASE_OWNERS.every(({ database: { file } }) =>
        recordedIn(recorded).some(
          ({ database, statement }) =>
            database === file && /^DELETE.* (inbox|idempotency_keys) /.test(statement),
        ),
      ),
    );
  };

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

  it('are read by indexes: no statement of a service scans a table that grows', () => {
    const statements = recordedIn(recorded);
    expect(new Set(statements.map(({ database }) => database))).toEqual(
      new Set(DATABASE_OWNERS.map(({ database }) => database.file)),
    );
    expect(statements.flatMap((one) => scansIn(grown, one))).toEqual([]);
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
