import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RabbitMqCluster, startRabbitMqCluster } from '@comanda/local-infra';
import { SERVICE_QUEUES } from '@comanda/messaging';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PRODUCTS } from '../support/api.js';
import { leadersOf } from '../support/cluster-queues.js';
import { commandOf, type Ran } from '../support/command.js';
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
    cluster = await startRabbitMqCluster({ directory, startOnly: [] });
  }, 240_000);
  let first: Promise<void>;
  const comanda = useInstallation(async () => {
    // All queues are declared while it is alone: what an operator must mend. The services wait for it.
    first = cluster.start(1);
    first.catch(() => undefined); // the first test fails with it
    return { broker: { url: cluster.url }, onPostgres: true, instances: { orders: 2 } };
  });
  afterAll(async () => {
    await cluster.discard();
    rmSync(directory, { recursive: true });
  }, 60_000);
  const loads = useLoads(comanda);

  /** `npm run queues -- ...`, whose tools are those of a node. */
  const queues = (node: number, command: 'check' | 'grow' | 'rebalance'): Promise<Ran> =>
    commandOf(comanda, 'queues', () => ({ ...cluster.environmentOf(node), RABBITMQ_TOOLS: 'env' }))(command);
  const linesOf = ({ out }: Ran) => out.trim().split('\n');
  const namesOf = (...nodes: number[]) => nodes.map((node) => cluster.nameOf(node)).join(' ');
  const QUEUES = 24;

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

  it('of which one was alone when all was declared: check says so, grow and rebalance mend it', async () => {
    await first;
    await cluster.start(2, 3);
    const thin = await queues(1, 'check');
    expect(thin).toMatchObject({ code: 1, err: '' });
    expect(linesOf(thin)).toContain(
      `orders_queue: leader ${namesOf(1)}; members ${namesOf(1)}; thin: 1 of 3 members`,
    );
    expect(linesOf(thin).slice(-2)).toEqual([
      `${QUEUES} queues: ${QUEUES} thin, 0 with a member away, 0 without a leader`,
      `leaders: ${namesOf(1)} ${QUEUES}, ${namesOf(2)} 0, ${namesOf(3)} 0; lopsided`,
    ]);

    const grown = await queues(1, 'grow');
    expect(grown).toMatchObject({ code: 0, err: '' });
    expect(linesOf(grown)).toHaveLength(2 * QUEUES + 1);
    expect(linesOf(grown).at(-1)).toBe(`${QUEUES} queues have 3 members`);

    expect(await queues(2, 'rebalance')).toMatchObject({ code: 0, err: '' });
    const mended = await queues(3, 'check');
    expect(mended).toMatchObject({ code: 0, err: '' });
    expect(linesOf(mended).slice(-2)).toEqual([
      `${QUEUES} queues: 0 thin, 0 with a member away, 0 without a leader`,
      `leaders: ${[1, 2, 3].map((node) => `${namesOf(node)} ${QUEUES / 3}`).join(', ')}`,
    ]);
  });

  /** Names of the queues whose leader has been killed. */
  const ledByKilled = new Set<string>();
  async function kill(...nodes: number[]): Promise<void> {
    for (const [queue, leader] of await leadersOf(cluster, 1))
      if (nodes.includes(leader)) ledByKilled.add(queue);
    await Promise.all(nodes.map((node) => cluster.kill(node)));
  }

  async function expectReadsGoOn(orderId: string): Promise<void> {
    await until('reads are answered', async () =>
      (await readStatuses(orderId)).every((status) => status === 200),
    );
    for (let at = 0; at < 5; at += 1) expect(await readStatuses(orderId)).toEqual(ALL_ANSWERED);
  }

  it('of which one is killed under load and comes back: orders are accepted, and reads go on', async () => {
    const load = loads.start(MODEST);
    for (const node of [1, 2]) {
      await load.more(10);
      await kill(node);
      await load.more(10);
      const [orderId = ''] = load.accepted.keys();
      await expectReadsGoOn(orderId);
      await cluster.start(node);
    }
    await load.more(10);
    await load.stop();
    expectComeBackLater(load);
  });

  it('of which two are killed: the third takes nothing; one comes back and all goes on, the other without its disk', async () => {
    const load = loads.start(MODEST);
    await load.more(10);
    await kill(2, 3);
    const before = load.refusals.length;
    await until('orders are refused', () => load.refusals.length - before >= 10);
    const accepted = load.accepted.size;
    await until('more are refused', () => load.refusals.length - before >= 20);
    expect(load.accepted.size).toBe(accepted);

    await cluster.start(2);
    await load.more(10);
    const [orderId = ''] = load.accepted.keys();
    await expectReadsGoOn(orderId);
    const away = await queues(1, 'check');
    expect(away.code).toBe(1);
    expect(away.out.match(/away: .+$/gm)).toEqual(Array(QUEUES).fill(`away: ${namesOf(3)}`));

    cluster.loseDisk(3);
    await cluster.ctl(1, 'forget_cluster_node', namesOf(3));
    await cluster.start(3);
    const grown = await queues(1, 'grow');
    expect(grown).toMatchObject({ code: 0, err: '' });
    expect(linesOf(grown)).toHaveLength(QUEUES + 1);
    await load.more(10);
    await load.stop();
    expectComeBackLater(load);
    expect([...ledByKilled]).toEqual(expect.arrayContaining([...SERVICE_QUEUES]));
  });

  it('leave the books right', async () => {
    await loads.checkBooks();
  });
});
