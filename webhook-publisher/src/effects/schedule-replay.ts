import { type Effect, schedule } from '@comanda/messaging';
import { type Replay, replays } from '../storage/tables.js';

/** The kind of due work that takes a replay one page further. */
export const REPLAY = 'replay';

/** A replay that goes on then. */
export const scheduleReplay = (replay: Replay, dueAt: string): Effect[] => [
  replays.put(replay),
  schedule({ work: REPLAY, id: replay.replayId, dueAt }),
];
