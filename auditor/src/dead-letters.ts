import { CONSUMING_SERVICES } from '@comanda/contracts';
import { deadLettersOf } from '@comanda/messaging';
import { z } from 'zod';
import type { AuditSource } from './audit-source.js';
import type { Queues } from './queues.js';

const Counts = z.array(z.object({ queue: z.string(), n: z.number() }));

/** How many dead letters each service has taken in, by the queue that they came from. */
export async function deadLettersTakenIn(source: AuditSource): Promise<ReadonlyMap<string, number>> {
  const counts = CONSUMING_SERVICES.map(
    ({ alias, queues }) =>
      `SELECT '${deadLettersOf(queues.messages)}' AS queue, count(*) AS n FROM ${alias}.dead_letters WHERE left_at IS NULL`,
  );
  const rows = Counts.parse(await source.all(counts.join(' UNION ALL '), {}));
  return new Map(rows.filter(({ n }) => n > 0).map(({ queue, n }) => [queue, n]));
}

/** The queues with all dead letters: those that are still in the queue, and those that were taken in. */
export function withDeadLettersTakenIn<Q extends Queues>(queues: Q, taken: ReadonlyMap<string, number>): Q {
  if (queues.kind !== 'counted') return queues;
  const counts = CONSUMING_SERVICES.map(({ queues: { messages } }) => {
    const name = deadLettersOf(messages);
    return [name, (queues.dead[name] ?? 0) + (taken.get(name) ?? 0)] as const;
  });
  return { ...queues, dead: Object.fromEntries(counts.filter(([, n]) => n > 0)) };
}
