import { accept, ListReplays } from '@comanda/contracts';
import { answers, cursorParameters, listed, pageOf } from '@comanda/service-kit';
import { selectList } from '@comanda/storage';
import { replays } from '../storage/tables.js';
import { replayView } from '../views/replay-view.js';

const page = listed(
  (conditions) => `SELECT ${selectList(replays.columns, 'r')} FROM replays r
    WHERE r.tenant_id = $1 AND r.subscription_id = $2${conditions}
    ORDER BY r.created_at DESC, r.replay_id DESC LIMIT $3`,
);

/** A page of the replays of a subscription, newest first. */
export const listReplays = answers(
  ListReplays,
  async (database, { tenantid, data: { subscriptionId, limit, cursor } }) => {
    const { cursorFirst, cursorId } = cursorParameters(cursor);
    const rows = await page(
      database.of(tenantid),
      [tenantid, subscriptionId, limit + 1],
      [['(r.created_at, r.replay_id) < (?, ?)', cursorFirst, cursorId]],
    );
    return accept(
      pageOf(replays.decodeAll(rows), {
        limit,
        position: ({ createdAt, replayId }) => [createdAt, replayId],
        view: replayView,
      }),
    );
  },
);
