import { setTimeout as pause } from 'node:timers/promises';
import type { RabbitMqCluster } from '@comanda/local-infra';
import { SERVICE_QUEUES } from '@comanda/messaging';
import { allOnline, leadersOf } from '../support/cluster-queues.js';
import type { Load } from '../support/load.js';
import { until } from '../support/until.js';
import type { Acceptance, Stretch } from './acceptance.js';

/** Longer than a node is missed by the others before they part with it (net_ticktime, 60 s). */
const FROZEN_MS = 90_000;
/** Refusals that show that nothing is accepted any more, and as many to be sure of it. */
const REFUSALS = 20;

export interface Scene {
  readonly cluster: RabbitMqCluster;
  readonly load: Load;
  readonly acceptance: Acceptance;
  /** How many orders are awaited while a node is away, and when it is back. */
  readonly between: number;
}

export interface Struck {
  readonly fault: string;
  /** One node died, and the others must go on at once. */
  readonly judged: boolean;
  readonly refused: number;
  readonly away: Stretch;
  readonly back: Stretch;
  readonly violation?: string;
}

/** What is done to a cluster: something goes away, and comes back. */
interface Fault {
  readonly name: string;
  readonly judged?: boolean;
  readonly strike: () => Promise<void>;
  /** Resolves when enough was seen of what it does; with a line when that may not be. */
  readonly watch?: () => Promise<string | undefined>;
  readonly mend: () => Promise<void>;
}

/** Each node killed, and the leader of each queue. */
export async function* killNodes(scene: Scene): AsyncGenerator<Struck> {
  const { cluster } = scene;
  for (const node of cluster.numbers) yield await struck(scene, killed(scene, node, `node ${node} killed`));
  for (const queue of SERVICE_QUEUES) {
    const leader = (await leadersOf(cluster, 1)).get(queue);
    if (leader === undefined) throw new Error(`${queue} has no leader`);
    yield await struck(scene, killed(scene, leader, `leader of ${queue} killed`));
  }
}

/** All else that happens to three nodes. */
export async function* otherFaults(scene: Scene): AsyncGenerator<Struck> {
  const { cluster, load } = scene;
  for (const node of cluster.numbers)
    yield await struck(scene, {
      name: `node ${node} restarted`,
      judged: true,
      strike: () => cluster.stop(node),
      mend: () => cluster.start(node),
    });
  yield await struck(scene, {
    ...killed(scene, 3, 'node 3 killed, its disk lost'),
    mend: async () => {
      cluster.loseDisk(3);
      await cluster.ctl(1, 'forget_cluster_node', cluster.nameOf(3));
      await cluster.start(3);
      await cluster.exec(1, 'rabbitmq-queues', 'grow', cluster.nameOf(3), 'all');
    },
  });
  yield await struck(scene, {
    name: 'nodes 1 and 2 killed at once',
    strike: async () => void (await Promise.all([cluster.kill(1), cluster.kill(2)])),
    watch: async () => {
      const before = load.refusals.length;
      await until('orders are refused', () => load.refusals.length >= before + REFUSALS);
      const accepted = load.accepted.size;
      await until('more are refused', () => load.refusals.length >= before + 2 * REFUSALS);
      return load.accepted.size > accepted ? 'one node of three accepted orders' : undefined;
    },
    mend: () => cluster.start(1, 2),
  });
  yield await struck(scene, {
    name: `node 3 frozen for ${FROZEN_MS / 1000} s`,
    strike: () => cluster.pause(3),
    watch: async () => {
      await pause(FROZEN_MS);
      return undefined;
    },
    mend: () => cluster.resume(3),
  });
}

const killed = ({ cluster }: Scene, node: number, name: string): Fault => ({
  name,
  judged: true,
  strike: () => cluster.kill(node),
  mend: () => cluster.start(node),
});

async function struck(scene: Scene, { name, judged = false, strike, watch, mend }: Fault): Promise<Struck> {
  const { cluster, load, acceptance, between } = scene;
  await load.more(between);
  const refusals = load.refusals.length;
  const from = performance.now();
  await strike();
  const violation = watch ? await watch() : await load.more(between).then(() => undefined);
  const away = acceptance.since(from);
  const mended = performance.now();
  await mend();
  await cluster.ctl(1, 'await_online_nodes', String(cluster.numbers.length));
  await until('each member is there', () => allOnline(cluster, 1), { everyMs: 500 });
  await load.more(between);
  const back = acceptance.since(mended);
  // So that the next node that is killed leads something, too.
  await cluster.exec(1, 'rabbitmq-queues', 'rebalance', 'quorum');
  const refused = load.refusals.length - refusals;
  return { fault: name, judged, refused, away, back, ...(violation !== undefined && { violation }) };
}
