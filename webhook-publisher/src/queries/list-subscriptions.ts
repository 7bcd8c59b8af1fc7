import { accept, ListSubscriptions } from '@comanda/contracts';
import { answers, cursorParameters, pageOf } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import type { Endpoints } from '../channels/endpoints.js';
import { subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';
import { healthOf } from './subscription-health.js';

const PAGE = statement(`SELECT ${selectList(subscriptions.columns, 's')} FROM subscriptions s
  WHERE s.tenant_id = $1 AND s.deleted = 0
    AND (CAST($2 AS TEXT) IS NULL OR (s.created_at, s.subscription_id) < ($2, $3))
  ORDER BY s.created_at DESC, s.subscription_id DESC LIMIT $4`);

/** A page of subscriptions, newest first, and how each is doing. */
export const listSubscriptions = (endpoints: Pick<Endpoints, 'circuit'>) =>
  answers(ListSubscriptions, async (database, { tenantid, data: { limit, cursor } }) => {
    const { cursorFirst, cursorId } = cursorParameters(cursor);
    const reader = database.of(tenantid);
    const rows = await reader.read(PAGE, tenantid, cursorFirst, cursorId, limit + 1);
    const found = subscriptions.decodeAll(rows);
    const health = await healthOf(reader, endpoints, tenantid, found.slice(0, limit));
    return accept(
      pageOf(found, {
        limit,
        position: ({ createdAt, subscriptionId }) => [createdAt, subscriptionId],
        view: (row) => ({ ...subscriptionView(row), health: health.get(row.subscriptionId) }),
      }),
    );
  });
