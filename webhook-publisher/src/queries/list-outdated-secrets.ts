import { accept, ListOutdatedSecrets } from '@comanda/contracts';
import { answers, cursorParameters, pageOf } from '@comanda/service-kit';
import { statement } from '@comanda/storage';
import { z } from 'zod';
import type { SecretVault } from '../storage/secret-vault.js';

const PAGE =
  statement(`SELECT s.tenant_id AS "tenantId", s.subscription_id AS "subscriptionId" FROM subscriptions s
  WHERE s.secrets IS NOT NULL AND substr(s.secrets, 1, length(CAST($1 AS TEXT))) <> CAST($1 AS TEXT)
    AND (CAST($2 AS TEXT) IS NULL OR (s.tenant_id, s.subscription_id) > ($2, $3))
  ORDER BY s.tenant_id, s.subscription_id LIMIT $4`);

const Row = z.object({ tenantId: z.string(), subscriptionId: z.string() });

/** A page of what is to be sealed anew. It knows keys by their ids, and opens nothing. */
export const listOutdatedSecrets = ({ prefix }: Pick<SecretVault, 'prefix'>) =>
  answers(ListOutdatedSecrets, async (database, { data: { limit, cursor } }) => {
    const { cursorFirst, cursorId } = cursorParameters(cursor);
    const rows = await database.acrossTenants.read(PAGE, prefix, cursorFirst, cursorId, limit + 1);
    const found = rows.map((row) => Row.parse(row));
    return accept(
      pageOf(found, {
        limit,
        position: ({ tenantId, subscriptionId }) => [tenantId, subscriptionId],
        view: (row) => row,
      }),
    );
  });
