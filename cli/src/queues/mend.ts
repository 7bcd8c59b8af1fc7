import { Unavailable } from '@comanda/messaging';
import { print } from '../print.js';
import type { BrokerTools } from './broker-tools.js';
import { placed, sayLeaders } from './check.js';
import { isThin, membersToAdd, membersWanted } from './placement.js';
import { onQueues, type Session } from './session.js';

/**
 * Gives each queue as many members as it must have, on the nodes that run. Resolves with the exit code: 0 when each has
 * them.
 */
export const growQueues = (): Promise<number> =>
  onQueues(async (session) => {
    const tools = toolsOf(session);
    const before = await placed(tools, session.present);
    for (const [node, queues] of membersToAdd(before.placements, before.nodes))
      for (const { queue, result } of await tools.grow(node, queues))
        print(`${queue}: ${result === 'ok' ? 'new member' : `no member (${result})`} on ${node}`);
    const { placements, nodes } = await placed(tools, session.present);
    const wanted = membersWanted(Math.max(session.brokers, nodes.all.length));
    const lacking = placements.filter((placement) => isThin(placement, wanted)).map(({ queue }) => queue);
    print(`${placements.length - lacking.length} queues have ${wanted} members`);
    if (lacking.length === 0) return 0;
    print(`Too few nodes run, or no leader answers, for ${lacking.join(', ')}`);
    return 1;
  });

/** Spreads the leaders of all queues over the nodes that run. Resolves with the exit code: 0 when they are. */
export const rebalanceQueues = (): Promise<number> =>
  onQueues(async (session) => {
    const tools = toolsOf(session);
    await tools.rebalance(session.present);
    const { placements, nodes } = await placed(tools, session.present);
    return sayLeaders(placements, nodes) ? 0 : 1;
  });

function toolsOf({ tools }: Session): BrokerTools {
  if (tools) return tools;
  throw new Unavailable('broker', "Set RABBITMQ_TOOLS to what runs RabbitMQ's tools (docs/operations.md)");
}
