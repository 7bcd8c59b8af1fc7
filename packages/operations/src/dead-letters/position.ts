import type { DeadLetter } from '@comanda/contracts';

/** Where a dead letter stands among those of all services: when it died, then its queue and id. */
export interface Position {
  readonly diedAt: string;
  readonly queue: string;
  readonly messageId: string;
}

export const positionOf = ({ diedAt = '', queue, messageId }: DeadLetter): Position => ({
  diedAt,
  queue,
  messageId,
});

export function newestFirst(one: DeadLetter, other: DeadLetter): number {
  const [left, right] = [positionOf(one), positionOf(other)];
  return (
    compare(right.diedAt, left.diedAt) ||
    compare(right.queue, left.queue) ||
    compare(right.messageId, left.messageId)
  );
}

/** Lies after each message id in the order of its bytes. */
const AFTER_ALL_IDS = '~~';

/** Where the same page begins in the list of one queue: of what died at the same time, the later queues come first. */
export function positionIn(
  queue: string,
  after: Position | undefined,
): { diedAt: string; messageId: string } | undefined {
  if (!after) return undefined;
  const { diedAt } = after;
  if (queue === after.queue) return { diedAt, messageId: after.messageId };
  return { diedAt, messageId: queue < after.queue ? AFTER_ALL_IDS : '' };
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
