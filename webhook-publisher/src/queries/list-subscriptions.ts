import { accept, ListSubscriptions } from '@comanda/contracts';
import { answers, cursorParameters, pageOf } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import { subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';

const PAGE = statement(`SELECT ${selectList(subscriptions.columns, 's')} FROM subscriptions s
  WHERE s.tenant_id = $1 AND s.deleted = 0
    AND (CAST($2 AS TEXT) IS NULL OR (s.created_at, s.subscription_id) < ($2, $3))
  ORDER BY s.created_at DESC, s.subscription_id DESC LIMIT $4`);

/** A page of subscriptions, newest first. */
export const listSubscriptions = answers(
  ListSubscriptions,
  async (database, { tenantid, data: { limit, cursor } }) => {
    const { cursorFirst, cursorId } = cursorParameters(cursor);
    const rows = await database.of(tenantid).read(PAGE, tenantid, cursorFirst, cursorId, limit + 1);
    return accept(
      pageOf(subscriptions.decodeAll(rows), {
        limit,
        position: ({ createdAt, subscriptionId }) => [createdAt, subscriptionId],
        view: subscriptionView,
      }),
    );
  },
);
