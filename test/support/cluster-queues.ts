import type { RabbitMqCluster } from '@comanda/local-infra';
import { z } from 'zod';

const Listed = z.array(z.object({ name: z.string(), leader: z.string().optional() }));

/** The number of the node that leads each quorum queue; queues without a leader are left out. */
export async function leadersOf(cluster: RabbitMqCluster, asked: number): Promise<Map<string, number>> {
  const listed = await cluster.ctl(asked, 'list_queues', 'name', 'leader', '--formatter', 'json');
  return new Map(
    Listed.parse(JSON.parse(listed)).flatMap(({ name, leader }) => {
      const node = cluster.numbers.find((number) => cluster.nameOf(number) === leader);
      return node === undefined ? [] : [[name, node] as const];
    }),
  );
}
