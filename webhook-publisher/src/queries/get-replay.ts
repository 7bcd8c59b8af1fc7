import { accept, GetReplay, refuse } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { replays } from '../storage/tables.js';
import { replayView } from '../views/replay-view.js';

/** One replay, and how far it is. */
export const getReplay = answers(
  GetReplay,
  async (database, { tenantid, data: { subscriptionId, replayId } }) => {
    const replay = await database.of(tenantid).find(replays.read(tenantid, replayId));
    return replay?.subscriptionId === subscriptionId
      ? accept(replayView(replay))
      : refuse(404, 'UNKNOWN_REPLAY', `The subscription has no replay ${replayId}.`);
  },
);
