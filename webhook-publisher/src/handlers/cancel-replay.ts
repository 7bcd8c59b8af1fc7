import { accept, CancelReplay, refuse } from '@comanda/contracts';
import { cancel, on, respond } from '@comanda/messaging';
import { endReplay } from '../effects/end-replay.js';
import { REPLAY } from '../effects/schedule-replay.js';
import { replays } from '../storage/tables.js';
import { replayView } from '../views/replay-view.js';

/** What was given a delivery before is sent; nothing more is. One that has ended stays as it is, and is shown so. */
export const cancelReplay = on(CancelReplay, 'cancel replay', {
  needs: ({ tenantid, data }) => ({ replay: replays.lock(tenantid, data.replayId) }),
  decide: ({ data: { subscriptionId, replayId } }, { replay }, { now }) => {
    if (replay?.subscriptionId !== subscriptionId)
      return [respond(refuse(404, 'UNKNOWN_REPLAY', `The subscription has no replay ${replayId}.`))];
    if (replay.status !== 'RUNNING') return [respond(accept(replayView(replay)))];
    const ended = endReplay(replay, 'CANCELLED', now);
    return [ended, cancel(REPLAY, replayId), respond(accept(replayView(ended.row)))];
  },
});
