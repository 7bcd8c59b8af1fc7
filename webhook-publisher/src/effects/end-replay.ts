import type { Put } from '@comanda/storage';
import { type Replay, replays } from '../storage/tables.js';

/** A replay has ended; its subscription may have another one. */
export const endReplay = (
  replay: Replay,
  status: 'DONE' | 'CANCELLED' | 'FAILED',
  endedAt: string,
  reason: string | null = null,
): Put & { readonly row: Replay } => {
  const row = { ...replay, status, reason, endedAt, runningFor: null };
  return { ...replays.put(row), row };
};
