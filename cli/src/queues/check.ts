import { describeTopologyMismatch } from '@comanda/messaging';
import { NOT_POSSIBLE } from '../operator.js';
import { print } from '../print.js';
import type { BrokerTools } from './broker-tools.js';
import {
  isLopsided,
  isThin,
  leadersOf,
  membersAway,
  membersWanted,
  type Nodes,
  type Placement,
  placementLine,
} from './placement.js';
import { onQueues, type Session } from './session.js';

/**
 * Compares the queues on the broker at RABBITMQ_URL with how they must be declared and, where RABBITMQ_TOOLS is set, says
 * which nodes have them. Resolves with the exit code: 0 when all is right, 2 when it can't be said.
 */
export const checkAllQueues = (): Promise<number> =>
  onQueues(async (session) => {
    const declared = sayDeclarations(session);
    const placed = await sayPlacements(session);
    return declared ? placed : Math.max(placed, 1);
  });

/** Whether every queue that is there is declared as it must be. */
function sayDeclarations({ statuses }: Session): boolean {
  const mismatches = statuses.flatMap((status) => (status.kind === 'otherwise' ? [status.mismatch] : []));
  const missing = statuses.filter(({ kind }) => kind === 'missing').map(({ queue }) => queue);
  for (const mismatch of mismatches) print(describeTopologyMismatch(mismatch));
  if (missing.length > 0) print(`Not there yet, and declared when a service starts: ${missing.join(', ')}`);
  const right = statuses.length - mismatches.length - missing.length;
  print(`${right} queues are as they must be, ${mismatches.length} are not, ${missing.length} are missing`);
  return mismatches.length === 0;
}

async function sayPlacements({ tools, brokers, present }: Session): Promise<number> {
  if (!tools && brokers === 1) return 0;
  if (!tools) {
    print('Which nodes have them is not known: set RABBITMQ_TOOLS (docs/operations.md)');
    return NOT_POSSIBLE;
  }
  const { nodes, placements } = await placed(tools, present);
  const wanted = membersWanted(Math.max(brokers, nodes.all.length));
  for (const placement of placements) print(placementLine(placement, wanted));
  const count = (is: (placement: Placement) => boolean) => placements.filter(is).length;
  const counts = {
    leaderless: count(({ leader }) => leader === undefined),
    thin: count((placement) => isThin(placement, wanted)),
    away: count((placement) => membersAway(placement).length > 0),
  };
  const { leaderless, thin, away } = counts;
  print(
    `${placements.length} queues: ${thin} thin, ${away} with a member away, ${leaderless} without a leader`,
  );
  const even = sayLeaders(placements, nodes);
  return even && thin + away + leaderless === 0 ? 0 : 1;
}

export async function placed(
  tools: BrokerTools,
  queues: readonly string[],
): Promise<{ readonly nodes: Nodes; readonly placements: readonly Placement[] }> {
  const [nodes, placements] = await Promise.all([tools.nodes(), tools.placements(queues)]);
  return { nodes, placements };
}

/** Whether the leaders are spread over the nodes. */
export function sayLeaders(placements: readonly Placement[], nodes: Nodes): boolean {
  const lopsided = isLopsided(placements, nodes);
  const leaders = [...leadersOf(placements, nodes)].map(([node, led]) => `${node} ${led}`);
  print(`leaders: ${leaders.join(', ')}${lopsided ? '; lopsided' : ''}`);
  const down = nodes.all.filter((node) => !nodes.running.includes(node));
  if (down.length > 0) print(`not running: ${down.join(', ')}`);
  return !lopsided;
}
