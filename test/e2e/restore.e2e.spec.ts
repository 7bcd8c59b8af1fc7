import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { heldByTheBroker } from '../drill/restore/held.js';
import { commandOf } from '../support/command.js';
import { useFolder } from '../support/use-folder.js';
import { useInstallation } from '../support/use-installation.js';

/** Each table with what row-level security does to it. */
const POLICIES = `SELECT n.nspname, c.relname, c.relrowsecurity, c.relforcerowsecurity,
    (SELECT string_agg(p.polname || pg_get_expr(p.polqual, p.polrelid), ' ') FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname IN ('gateway', 'products', 'orders', 'payments', 'webhooks') ORDER BY 1, 2`;

describe.each([
  { kind: 'SQLite', onPostgres: false, taken: /^webhooks: there is a database already: \S+\n$/ },
  {
    kind: 'PostgreSQL',
    onPostgres: true,
    taken: /^webhooks: the schema webhooks of \S+ has tables already\n$/,
  },
])('a backup on $kind that is restored', ({ onPostgres, taken }) => {
  const folder = useFolder('comanda-restore-');
  const comanda = useInstallation({
    onPostgres,
    env: { OUTBOX_KEPT_SECONDS: '900', PRODUCT_LOOK_UP_MS: '100', HOUSEKEEPING_EVERY_SECONDS: '3600' },
  });

  const settings = () => comanda.databaseEnvironment;

  it('lacks what the broker held, which the audit names, until it is said again', async () => {
    const policies = () => (onPostgres ? comanda.postgres.admin(POLICIES) : []);
    const secured = await policies();
    const report = await heldByTheBroker(comanda, folder);
    expect(await policies()).toEqual(secured);
    expect(report.republished).toMatch(/^to be said again: \d+ by gateway, \d+ by products, \d+ by orders, /);
    // What clients were promised after the backup is all that is missing.
    expect(report.listed).toEqual(report.later.toSorted());
    expect(report.violations).toBe(0);
  });

  it('is refused where a database is, and no second one goes into its folder', async () => {
    const backup = join(folder, 'backup');
    const restored = await commandOf(comanda, 'restore', settings)(backup);
    expect(restored).toEqual({ code: 2, out: '', err: expect.stringMatching(taken) });
    const again = await commandOf(comanda, 'backup', settings)(backup);
    expect(again).toEqual({ code: 2, out: '', err: expect.stringMatching(/^\S+ is not empty: /) });
  });
});
