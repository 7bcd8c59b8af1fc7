import { ListOrders } from '@comanda/contracts';
import { describe, expect, it } from '@jest/globals';
import { everyChange } from '../support/every-change.js';
import { linesWith, notReady, readyAgain } from '../support/health.js';
import { TWO_OF_EACH } from '../support/installation.js';
import type { Load } from '../support/load.js';
import { useLoads } from '../support/load-books.js';
import { metricOf } from '../support/metrics.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

const BEHIND = 'it is more than 2 s behind';
/** What a client hears whose server is gone from behind its address. */
const GONE = 'Connection terminated';

describe('two instances of every service on one PostgreSQL', () => {
  const comanda = useInstallation({
    onPostgres: true,
    standby: true,
    env: { PAYMENT_SIM_LATENCY_MS: '10-80' },
    instances: TWO_OF_EACH,
  });
  const loads = useLoads(comanda);

  it('lose nothing and do nothing twice when some are killed under load, and are started again', async () => {
    const killed = ['orders', 'products#2', 'payments', 'webhooks#2'];
    const happens = async (load: Load) => {
      await Promise.all(killed.map((name) => comanda.platform.kill(name)));
      await load.more(20);
      await Promise.all(killed.map((name) => comanda.platform.start(name)));
    };
    const load = await loads.through({ before: 40, happens, after: 20 });
    expect(load.refusals).toEqual([]);
  });

  it('go on when all their connections are closed by the server', async () => {
    const load = loads.start();
    for (let round = 0; round < 3; round++) {
      await load.more(15);
      const closed = await comanda.postgres.admin(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'comanda'`,
      );
      // Those that were closed before are opened again as they are needed.
      expect(closed.length).toBeGreaterThan(0);
    }
    await load.more(15);
    await load.stop();
    await loads.checkBooks();
  });

  it('read lists from the standby while it keeps up, from the primary while it is behind, and say so once', async () => {
    const { standby } = comanda.postgresPair;
    const list = async (cacheControl = 'max-age=0'): Promise<string[]> => {
      const headers = { 'cache-control': cacheControl };
      const { status, body } = await comanda.customer.send('GET', '/orders', undefined, headers);
      expect(status).toBe(200);
      return ListOrders.result.parse(body).items.map(({ orderId }) => orderId);
    };
    const readFrom = async (from: 'standby' | 'primary'): Promise<void> => {
      const lists = () => metricOf(comanda, 'orders', 'comanda_lists_total', { from });
      const before = await lists();
      await until(`orders are listed from the ${from}`, async () => {
        await list();
        return (await lists()) > before;
      });
    };
    await readFrom('standby');
    // It may have been behind when the tables were made.
    const said = () => linesWith(comanda, 'orders', BEHIND);
    const before = said().length;
    let orderId = '';
    await standby.admin('SELECT pg_wal_replay_pause()');
    try {
      const load = loads.start({ clients: 1 });
      await load.more(1);
      await load.stop();
      orderId = [...load.accepted.keys()].at(-1) ?? 'none was accepted';
      await comanda.customer.ended(orderId);
      // It has been in the log since before the order ended, and the standby shows nothing of it.
      expect(await standby.admin('SELECT 1 FROM orders.orders WHERE order_id = $1', [orderId])).toEqual([]);
      expect(await list('no-cache')).toContain(orderId);
      await readFrom('primary');
      await until('it is said', () => said().length > before);
      expect(said()).toHaveLength(before + 1);
      // The other instance has a clock of its own.
      await until(
        'all list it',
        async () => (await list()).includes(orderId) && (await list()).includes(orderId),
      );
    } finally {
      await standby.admin('SELECT pg_wal_replay_resume()');
    }
    await readFrom('standby');
    expect(await list()).toContain(orderId);
    await loads.checkBooks();
  });

  it.each([
    [
      'where they were when PostgreSQL itself is killed under load, and comes back',
      () => comanda.postgres.start(),
    ],
    [
      'at the standby, which has all that was committed, when the primary is killed under load',
      () => comanda.postgresPair.failOver(),
    ],
  ])('go on %s', async (_, back) => {
    const happens = async () => {
      await comanda.postgres.kill();
      await notReady(comanda, 'orders', GONE);
      await back();
      await readyAgain(comanda, 'orders');
    };
    const load = await loads.through({ before: 30, happens, after: 30 });
    // Without its own database the gateway does not take what it could not keep its word about.
    for (const { status } of load.refusals) expect(status).toBe(503);
    expect(await comanda.postgres.admin('SELECT pg_is_in_recovery() AS follows')).toEqual([
      { follows: false },
    ]);
  });

  it('answer each change in time while somebody holds the locks of the gateway’s tables', async () => {
    const tables = ['accounts', 'idempotency_keys', 'sessions', 'invitations', 'api_keys'];
    const held = comanda.postgres.admin(
      `DO $$ BEGIN LOCK TABLE ${tables.map((name) => `gateway.${name}`).join(', ')} IN EXCLUSIVE MODE; PERFORM pg_sleep(600); END $$`,
    );
    const holders = () =>
      comanda.postgres.admin(
        `SELECT pid FROM pg_locks WHERE mode = 'ExclusiveLock' AND relation = 'gateway.api_keys'::regclass AND granted`,
      );
    await until('the locks are held', async () => (await holders()).length > 0);
    const answers = await everyChange(comanda);
    expect(answers.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);
    const keyed = answers.filter(({ ofServices, takesKey }) => ofServices && takesKey);
    expect(keyed.filter(({ status }) => status !== 503)).toEqual([]);
    const released = expect(held).rejects.toThrow();
    for (const { pid } of await holders())
      await comanda.postgres.admin('SELECT pg_terminate_backend($1)', [pid]);
    await released;
    await readyAgain(comanda, 'gateway');
  });
});
