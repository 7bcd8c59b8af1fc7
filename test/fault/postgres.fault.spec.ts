import { describe, expect, it } from '@jest/globals';
import { notReady, readyAgain } from '../support/health.js';
import { TWO_OF_EACH } from '../support/installation.js';
import type { Load } from '../support/load.js';
import { useLoads } from '../support/load-books.js';
import { useInstallation } from '../support/use-installation.js';

describe('two instances of every service on one PostgreSQL', () => {
  const comanda = useInstallation({
    onPostgres: true,
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

  it('go on where they were when PostgreSQL itself is killed under load, and comes back', async () => {
    const happens = async () => {
      await comanda.postgres.kill();
      await notReady(comanda, 'orders', 'ECONNREFUSED');
      await comanda.postgres.start();
      await readyAgain(comanda, 'orders');
    };
    const load = await loads.through({ before: 30, happens, after: 30 });
    // Without its own database the gateway does not take what it could not keep its word about.
    for (const { status } of load.refusals) expect(status).toBe(503);
  });
});
