import type { RabbitMqCluster } from '@comanda/local-infra';
import { z } from 'zod';

const Listed = z.array(
  z.object({
    name: z.string(),
    leader: z.string().optional(),
    members: z.array(z.string()).or(z.literal('')).optional(),
    online: z.array(z.string()).or(z.literal('')).optional(),
  }),
);

/** Undefined when the list was broken off, as happens while a node comes or goes. */
async function listedBy(
  cluster: RabbitMqCluster,
  asked: number,
): Promise<z.output<typeof Listed> | undefined> {
  const items = ['name', 'leader', 'members', 'online'];
  const text = await cluster.ctl(asked, 'list_queues', ...items, '--formatter', 'json');
  return text.trim().endsWith(']') ? Listed.parse(JSON.parse(text)) : undefined;
}

/** The number of the node that leads each quorum queue; queues without a leader are left out. */
export async function leadersOf(cluster: RabbitMqCluster, asked: number): Promise<Map<string, number>> {
  return new Map(
    ((await listedBy(cluster, asked)) ?? []).flatMap(({ name, leader }) => {
      const node = cluster.numbers.find((number) => cluster.nameOf(number) === leader);
      return node === undefined ? [] : [[name, node] as const];
    }),
  );
}

/** Whether a node is there for each member of each quorum queue. */
export async function allOnline(cluster: RabbitMqCluster, asked: number): Promise<boolean> {
  const listed = await listedBy(cluster, asked);
  return listed?.every(({ members, online }) => members?.length === online?.length) === true;
}
