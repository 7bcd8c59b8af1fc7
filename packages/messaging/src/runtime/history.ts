import { HistoryEntry } from '@comanda/contracts';
import { z } from 'zod';
import type { Delivery } from '../broker/transport.js';

const History = z.array(HistoryEntry);

/** All headers of a message must fit into one frame (128 KiB), or the broker ends the connection that sends them. */
const MAX_HISTORY = 50;

/** The header that carries a message's history, from queue to queue and back. */
export const ATTEMPTS = 'x-comanda-attempts';

/** What a message has been through, oldest first. */
export function historyOf({ properties }: Pick<Delivery, 'properties'>): HistoryEntry[] {
  const header: unknown = properties.headers?.[ATTEMPTS];
  if (typeof header !== 'string') return [];
  try {
    return History.parse(JSON.parse(header));
  } catch {
    return []; // another program wrote the header: the history starts anew
  }
}

/** The header with these entries; of a history that grows too long the end is kept. */
export const historyHeader = (history: readonly HistoryEntry[]): Record<string, string> => ({
  [ATTEMPTS]: JSON.stringify(history.slice(-MAX_HISTORY)),
});

/** How often it failed since its last replay, or ever: a replay starts the retry schedule again. */
export const failuresInARow = (history: readonly HistoryEntry[]): number =>
  history.length - 1 - history.findLastIndex((entry) => 'replayedBy' in entry);
