import { ReplayView, timeOfId, viewOf } from '@comanda/contracts';
import type { Replay } from '../storage/tables.js';

/** A replay as staff see it. */
export const replayView = (row: Replay): ReplayView =>
  viewOf(ReplayView, {
    ...row,
    eventTypes: row.eventTypes && [...row.eventTypes],
    reachedAt: row.status === 'DONE' ? row.until : new Date(timeOfId(row.position)).toISOString(),
  });
