import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Installation } from '../support/installation.js';
import { Load } from '../support/load.js';
import { checkBooksAfter } from '../support/load-books.js';

describe('kill -9 in mid-flow, under load', () => {
  let comanda: Installation;
  const loads: Load[] = [];

  beforeAll(async () => {
    comanda = await Installation.start({ env: { PAYMENT_SIM_LATENCY_MS: '10-80' } });
  }, 120_000);
  afterEach(async () => {
    await loads.at(-1)?.stop();
  });
  afterAll(() => comanda?.stop(), 60_000);

  it.each(['orders', 'products', 'payments', 'webhooks'])(
    'of %s: it goes on where it was, and every accepted order ends',
    async (service) => {
      const load = Load.start(comanda);
      loads.push(load);
      await load.more(20);
      await load.midFlow();
      expect(await comanda.platform.kill(service)).toEqual({ code: null, signal: 'SIGKILL' });
      // Orders are accepted all the same.
      await load.more(15);
      await comanda.platform.start(service);
      await load.more(10);
      await load.stop();
      expect(load.accepted.size).toBeGreaterThanOrEqual(45);
      expect(load.refusals).toEqual([]);
      expect(load.perhaps.size).toBe(0);
      await checkBooksAfter(comanda, loads);
    },
    180_000,
  );

  it('of the gateway: what it had answered is kept, the rest is there once or not at all', async () => {
    const load = Load.start(comanda);
    loads.push(load);
    await load.more(20);
    await load.midFlow();
    await comanda.platform.kill('gateway');
    await comanda.platform.start('gateway');
    await load.more(20);
    await load.stop();
    // Each client can have lost one answer at most.
    expect(load.perhaps.size).toBeLessThanOrEqual(6);
    await checkBooksAfter(comanda, loads);
  }, 180_000);
});
