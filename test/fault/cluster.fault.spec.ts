import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RabbitMqCluster, startRabbitMqCluster } from '@comanda/local-infra';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PRODUCTS } from '../support/api.js';
import type { Load } from '../support/load.js';
import { useLoads } from '../support/load-books.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

/** The nodes that start beside it need the processor, too. */
const MODEST = { clients: 2, pauseMs: 150 };

describe('three brokers as one', () => {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-cluster-'));
  let cluster: RabbitMqCluster;
  beforeAll(async () => {
    cluster = await startRabbitMqCluster({ directory });
  }, 240_000);
  const comanda = useInstallation(async () => ({
    broker: { url: cluster.url },
    onPostgres: true,
    instances: { orders: 2 },
  }));
  afterAll(async () => {
    await cluster.discard();
    rmSync(directory, { recursive: true });
  }, 60_000);
  const loads = useLoads(comanda);

  /** One question to each service, and the dead letters of all of them. */
  async function readStatuses(orderId: string): Promise<number[]> {
    const answers = await Promise.all([
      comanda.customer.get(`/orders/${orderId}`),
      comanda.customer.get(`/products/${PRODUCTS.espresso}`),
      comanda.staff.get(`/orders/${orderId}/payments`),
      comanda.staff.get('/subscriptions'),
      comanda.staff.get('/dead-letters'),
    ]);
    return answers.map(({ status }) => status);
  }
  const ALL_ANSWERED = [200, 200, 200, 200, 200];

  function expectComeBackLater({ refusals }: Load): void {
    for (const { status, contentType, retryAfter } of refusals) {
      expect({ status, contentType }).toEqual({
        status: 503,
        contentType: expect.stringContaining('problem+json'),
      });
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
  }

  it('each of which is killed under load and comes back: every order is there once, and reads go on', async () => {
    const load = loads.start(MODEST);
    for (const node of cluster.numbers) {
      await load.more(10);
      const [orderId = ''] = load.accepted.keys();
      await cluster.kill(node);
      await load.more(10);
      await until('reads are answered while it is away', async () =>
        (await readStatuses(orderId)).every((status) => status === 200),
      );
      for (let at = 0; at < 5; at += 1) expect(await readStatuses(orderId)).toEqual(ALL_ANSWERED);
      await cluster.start(node);
    }
    await load.more(10);
    await load.stop();
    expectComeBackLater(load);
  });

  it('of which two are killed: the third takes nothing, and goes on with what was taken when they are back', async () => {
    const load = loads.start(MODEST);
    await load.more(10);
    await Promise.all([cluster.kill(1), cluster.kill(2)]);
    const before = load.refusals.length;
    await until('orders are refused', () => load.refusals.length - before >= 10);
    const accepted = load.accepted.size;
    await until('more are refused', () => load.refusals.length - before >= 20);
    expect(load.accepted.size).toBe(accepted);

    await cluster.start(1, 2);
    await load.more(10);
    await load.stop();
    expectComeBackLater(load);
  });

  it('leave the books right', async () => {
    await loads.checkBooks();
  });
});
