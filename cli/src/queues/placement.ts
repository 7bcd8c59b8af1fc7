/** Which nodes of the broker have a quorum queue. */
export interface Placement {
  readonly queue: string;
  /** Undefined while its members have not agreed on one. */
  readonly leader: string | undefined;
  readonly members: readonly string[];
  /** Members whose node is there. */
  readonly online: readonly string[];
}

export interface Nodes {
  /** Also those that are away. */
  readonly all: readonly string[];
  readonly running: readonly string[];
}

/** As many as a message is written to: one may die. */
const MEMBERS = 3;
/** A node leads this part of an even share at least; two that shared the queues of a third are above it, it is below. */
const LEAST_SHARE = 0.5;

/**
 * How many members each queue must have.
 *
 * @param nodes how many nodes there are, or should be
 */
export const membersWanted = (nodes: number): number => Math.min(MEMBERS, nodes);

export const isThin = ({ members }: Placement, wanted: number): boolean => members.length < wanted;

export const membersAway = ({ members, online }: Placement): string[] =>
  members.filter((node) => !online.includes(node));

/** How many of the queues each node leads that runs. */
export const leadersOf = (placements: readonly Placement[], { running }: Nodes): Map<string, number> =>
  new Map(running.map((node) => [node, placements.filter(({ leader }) => leader === node).length]));

/** Whether a node that runs leads less than half of what would be its share. */
export function isLopsided(placements: readonly Placement[], nodes: Nodes): boolean {
  const share = Math.floor(placements.length / nodes.running.length);
  return [...leadersOf(placements, nodes).values()].some((led) => led < share * LEAST_SHARE);
}

/**
 * The members that queues lack, by the node that gets them: first where fewest are. A queue without a leader can't get
 * any.
 */
export function membersToAdd(placements: readonly Placement[], nodes: Nodes): Map<string, string[]> {
  const wanted = membersWanted(nodes.running.length);
  const counts = new Map(
    nodes.running.map((node) => [node, placements.filter(({ members }) => members.includes(node)).length]),
  );
  const added = new Map<string, string[]>();
  for (const { queue, leader, members } of placements) {
    if (leader === undefined) continue;
    const candidates = nodes.running
      .filter((node) => !members.includes(node))
      .toSorted((one, other) => (counts.get(one) ?? 0) - (counts.get(other) ?? 0));
    for (const node of candidates.slice(0, Math.max(0, wanted - members.length))) {
      added.set(node, [...(added.get(node) ?? []), queue]);
      counts.set(node, (counts.get(node) ?? 0) + 1);
    }
  }
  return added;
}

/** One line for a queue: where it is, and what is wrong with that. */
export function placementLine(placement: Placement, wanted: number): string {
  const { queue, leader, members } = placement;
  const away = membersAway(placement);
  return [
    `${queue}: ${leader === undefined ? 'no leader' : `leader ${leader}`}`,
    `members ${members.length === 0 ? 'unknown' : members.toSorted().join(' ')}`,
    ...(away.length > 0 ? [`away: ${away.toSorted().join(' ')}`] : []),
    ...(leader !== undefined && isThin(placement, wanted)
      ? [`thin: ${members.length} of ${wanted} members`]
      : []),
  ].join('; ');
}
