import { z } from 'zod';
import { type RowOf, table } from './table.js';

/** What caused a piece of work: enough to connect its events with their cause. */
export const Cause = z.object({
  id: z.string(),
  tenantid: z.string(),
  correlationid: z.string(),
  traceparent: z.string().optional(),
});
export type Cause = z.infer<typeof Cause>;

const columns = {
  kind: z.string(),
  id: z.string(),
  tenantId: z.string(),
  /** Whom it is for, where a kind has a pace for each of them; else empty. */
  key: z.string(),
  /** Nobody touches it before; claiming it moves this to the end of the lease. */
  dueAt: z.string(),
  /** How often it was started, this time included. */
  attempt: z.number(),
  /** Grows with every claim; a result that carries an older number is refused. */
  fence: z.number(),
  payload: z.unknown(),
  cause: Cause,
};

/**
 * Something to be done outside the database, or later: a row written in the same transaction as its reason, so it
 * is neither forgotten nor done for something that did not happen.
 */
export const workTable = table('work', ['kind', 'id'], columns);
export type WorkRow = RowOf<typeof columns>;

export type WorkKey = Pick<WorkRow, 'kind' | 'id'>;
/** The right to a piece of work, as long as its row has this fence. */
export type Lease = Pick<WorkRow, 'kind' | 'id' | 'fence'>;

/** Work of one kind and one key stands in one line. Which line there is, and when the first in it is due. */
export interface WorkLine {
  readonly key: string;
  readonly dueAt: string;
}

/** Which lines to look at: those of one kind, from this key on, at most so many. */
export interface WorkLines {
  readonly kind: string;
  readonly from: string;
  readonly limit: number;
}

/** Which due work of one line to lease. */
export interface WorkClaim {
  readonly kind: string;
  readonly key: string;
  readonly now: string;
  /** When the leases end. */
  readonly until: string;
  /** At most so many pieces. */
  readonly limit: number;
  /** Their fence, unless a piece has had a greater one. */
  readonly fence: number;
}
