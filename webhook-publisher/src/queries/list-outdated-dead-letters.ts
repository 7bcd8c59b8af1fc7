import { accept, ListOutdatedDeadLetters } from '@comanda/contracts';
import { answers, cursorParameters, pageOf } from '@comanda/service-kit';
import { statement } from '@comanda/storage';
import { z } from 'zod';
import type { SecretVault } from '../storage/secret-vault.js';

const PAGE =
  statement(`SELECT d.tenant_id AS "tenantId", d.message_id AS "messageId", d.body_base64 AS body FROM dead_letters d
  WHERE d.left_at IS NULL AND (CAST($1 AS TEXT) IS NULL OR (d.tenant_id, d.message_id) > ($1, $2))
  ORDER BY d.tenant_id, d.message_id LIMIT $3`);

const Row = z.object({ tenantId: z.string(), messageId: z.string(), body: z.base64() });

/**
 * Which of a page of dead letters hold a secret, or a contact, that was sealed on its way here for an older key. They are not
 * sealed anew: a dead letter is kept as it came, until staff put it back or discard it.
 */
export const listOutdatedDeadLetters = (vault: Pick<SecretVault, 'holdsOutdated'>) =>
  answers(ListOutdatedDeadLetters, async (database, { data: { limit, cursor } }) => {
    const { cursorFirst, cursorId } = cursorParameters(cursor);
    const rows = await database.acrossTenants.read(PAGE, cursorFirst, cursorId, limit + 1);
    const { items, nextCursor } = pageOf(
      rows.map((row) => Row.parse(row)),
      { limit, position: ({ tenantId, messageId }) => [tenantId, messageId], view: (row) => row },
    );
    const outdated = items.filter(({ body }) => vault.holdsOutdated(Buffer.from(body, 'base64').toString()));
    return accept({
      items: outdated.map(({ tenantId, messageId }) => ({ tenantId, messageId })),
      nextCursor,
    });
  });
