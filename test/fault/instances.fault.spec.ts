import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { TWO_OF_EACH } from '../support/installation.js';
import { useLoads } from '../support/load-books.js';
import { useInstallation } from '../support/use-installation.js';

/** Longer than any lock lives (10 s). It is the fault itself, not a wait for something. */
const PAUSED_MS = 12_000;

describe('two instances of every service', () => {
  const comanda = useInstallation({
    env: { PAYMENT_SIM_LATENCY_MS: '10-80' },
    instances: TWO_OF_EACH,
  });
  const loads = useLoads(comanda);

  it('share the work and do none of it twice', async () => {
    const load = loads.start();
    await load.more(120);
    await load.stop();
    await loads.checkBooks();
    // The witness got each event in one single request, or in one more for each that a slow machine made time out.
    const { receiver, subscriptionId } = comanda.witness;
    const [history] = comanda.rows<{ tried: number; succeeded: number }>(
      'webhooks',
      `SELECT count(*) AS tried, sum(a.status_code = 204) AS succeeded FROM attempts a JOIN deliveries d
       ON d.tenant_id = a.tenant_id AND d.delivery_id = a.delivery_id WHERE d.subscription_id = ?`,
      subscriptionId,
    );
    expect(history?.succeeded).toBe(receiver.taken.size);
    expect(receiver.attempts.length).toBeLessThanOrEqual(history?.tried ?? 0);
  });

  it('go on when one of each is paused for longer than its locks live, and when it wakes up again', async () => {
    const { services } = comanda.platform;
    const paused = ['orders#2', 'products#2', 'payments#2'].map((name) => services.get(name));
    const happens = async () => {
      for (const process of paused) expect(process?.kill('SIGSTOP')).toBe(true);
      await pause(PAUSED_MS);
      for (const process of paused) expect(process?.kill('SIGCONT')).toBe(true);
    };
    await loads.through({ before: 20, happens, after: 20 });
  });

  it('lose nothing when one is killed, and is not started again', async () => {
    // Not one of payments-service: what it was charging waits for its lease to end, as in under-load.
    const killed = ['orders', 'products#2', 'webhooks#2'];
    const happens = () => Promise.all(killed.map((name) => comanda.platform.kill(name)));
    await loads.through({ before: 20, happens, after: 20 });
  });
});
