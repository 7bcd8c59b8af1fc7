import { accept, ListOutdatedSecrets, type SealedKind } from '@comanda/contracts';
import { answers, cursorParameters, pageOf } from '@comanda/service-kit';
import { type Statement, statement } from '@comanda/storage';
import { z } from 'zod';
import { SEALED_COLUMNS } from '../storage/sealed-columns.js';
import type { SecretVault } from '../storage/secret-vault.js';

const pageIn = ({ table, column, id }: (typeof SEALED_COLUMNS)[SealedKind]): Statement =>
  statement(`SELECT s.tenant_id AS "tenantId", s.${id} AS "id" FROM ${table} s
  WHERE s.${column} IS NOT NULL AND substr(s.${column}, 1, length(CAST($1 AS TEXT))) <> CAST($1 AS TEXT)
    AND (CAST($2 AS TEXT) IS NULL OR (s.tenant_id, s.${id}) > ($2, $3))
  ORDER BY s.tenant_id, s.${id} LIMIT $4`);

const PAGES: Readonly<Record<SealedKind, Statement>> = {
  subscription: pageIn(SEALED_COLUMNS.subscription),
  order: pageIn(SEALED_COLUMNS.order),
};

const Row = z.object({ tenantId: z.string(), id: z.string() });

/** A page of what is to be sealed anew. It knows keys by their ids, and opens nothing. */
export const listOutdatedSecrets = ({ prefix }: Pick<SecretVault, 'prefix'>) =>
  answers(ListOutdatedSecrets, async (database, { data: { kind, limit, cursor } }) => {
    const { cursorFirst, cursorId } = cursorParameters(cursor);
    const rows = await database.acrossTenants.read(PAGES[kind], prefix, cursorFirst, cursorId, limit + 1);
    const found = rows.map((row) => Row.parse(row));
    return accept(
      pageOf(found, { limit, position: ({ tenantId, id }) => [tenantId, id], view: (row) => row }),
    );
  });
