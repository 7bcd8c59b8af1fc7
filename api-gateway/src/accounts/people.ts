import { Id, StoredText, Timestamp } from '@comanda/contracts';
import { pageOf } from '@comanda/service-kit';
import { type Database, type Sql, statement } from '@comanda/storage';
import { z } from 'zod';
import { type Caller, Role } from '../auth/caller.js';
import { refuseToGiveMore } from '../auth/giving.js';
import { knownScopes, PRESETS, Scope, StoredScopes, storedScopes } from '../auth/scopes.js';
import { Problem } from '../problems/problem.js';
import { invalidFields } from '../problems/validation.js';
import { type PageRequest, positionIn } from '../routes/page-query.js';
import { endSessions } from './sessions.js';
import { lockTenant } from './tenants.js';

/** An account as those see it who manage accounts. */
export const AccountView = z.object({
  accountId: Id,
  email: z.string(),
  name: StoredText.nullable(),
  role: Role,
  scopes: z.array(Scope).readonly(),
  enabled: z.boolean(),
  createdAt: Timestamp,
});
export type AccountView = z.infer<typeof AccountView>;

export interface AccountChange {
  readonly scopes?: readonly Scope[] | undefined;
  readonly enabled?: boolean | undefined;
}

const Row = AccountView.omit({ enabled: true }).extend({
  scopes: StoredScopes,
  closedAt: z.string().nullable(),
});
type Row = z.infer<typeof Row>;

const viewOf = ({ closedAt, ...account }: Row): AccountView => ({ ...account, enabled: closedAt === null });

const COLUMNS =
  'account_id AS "accountId", email, name, role, scopes, created_at AS "createdAt", closed_at AS "closedAt"';
const LIST = statement(
  `SELECT ${COLUMNS} FROM accounts WHERE tenant_id = $1 AND email > $2 ORDER BY email LIMIT $3`,
);
const LIST_OF_ROLE = statement(
  `SELECT ${COLUMNS} FROM accounts WHERE tenant_id = $1 AND role = $4 AND email > $2 ORDER BY email LIMIT $3`,
);
const GET = statement(`SELECT ${COLUMNS} FROM accounts WHERE tenant_id = $1 AND account_id = $2`);
const OPEN_STAFF = statement(
  `SELECT ${COLUMNS} FROM accounts WHERE tenant_id = $1 AND role = 'staff' AND closed_at IS NULL`,
);
const CHANGE = statement(
  'UPDATE accounts SET scopes = $3, closed_at = $4 WHERE tenant_id = $1 AND account_id = $2',
);

/** The accounts of a tenant, for those who manage them. */
export class People {
  constructor(private readonly database: Database) {}

  async list(tenantId: string, { limit, cursor, role }: PageRequest & { readonly role?: Role | undefined }) {
    const [after = ''] = positionIn(cursor) ?? [];
    const reader = this.database.of(tenantId);
    const rows =
      role === undefined
        ? await reader.read(LIST, tenantId, after, limit + 1)
        : await reader.read(LIST_OF_ROLE, tenantId, after, limit + 1, role);
    return pageOf(
      rows.map((row) => Row.parse(row)),
      { limit, position: ({ email, accountId }) => [email, accountId], view: viewOf },
    );
  }

  /** Changes what somebody may do. Throws the problem that keeps it from being done. */
  change(caller: Caller, accountId: string, change: AccountChange): Promise<AccountView> {
    const { tenantId } = caller;
    return this.database.transaction(
      async (sql) => {
        await lockTenant(sql, tenantId);
        const [row] = await sql.run(GET, tenantId, accountId);
        if (!row) throw new Problem(404, 'NOT_FOUND', 'There is no such account.');
        const account = Row.parse(row);
        refuse(caller, account, change);
        const changed = changedBy(change, account);
        if (isOwner(account) && !isOwner(changed)) await refuseToLeaveNobody(sql, tenantId, accountId);
        await sql.run(CHANGE, tenantId, accountId, storedScopes(changed.scopes), changed.closedAt);
        if (changed.closedAt !== null) await endSessions(sql, tenantId, accountId);
        return viewOf(changed);
      },
      [tenantId],
    );
  }
}

function changedBy({ scopes, enabled }: AccountChange, account: Row): Row {
  const closedAt = enabled ? null : (account.closedAt ?? new Date().toISOString());
  return {
    ...account,
    scopes: knownScopes(scopes ?? account.scopes),
    closedAt: enabled === undefined ? account.closedAt : closedAt,
  };
}

function refuse(caller: Caller, account: Row, { scopes }: AccountChange): void {
  // Who may do more is not for those to change, or to lock out, who may do less.
  refuseToGiveMore(caller, [...account.scopes, ...(scopes ?? [])]);
  if (scopes && account.role === 'customer')
    throw invalidFields([{ path: 'scopes', message: 'are the same for all customers' }]);
}

/** Somebody who can still do, and give to others, all that there is to do in their tenant. */
const isOwner = ({ role, closedAt, scopes }: Row): boolean =>
  role === 'staff' && closedAt === null && PRESETS.owner.every((scope) => scopes.includes(scope));

async function refuseToLeaveNobody(sql: Sql, tenantId: string, accountId: string): Promise<void> {
  const staff = (await sql.run(OPEN_STAFF, tenantId)).map((row) => Row.parse(row));
  if (staff.some((one) => one.accountId !== accountId && isOwner(one))) return;
  throw new Problem(
    409,
    'LAST_OWNER',
    'This is the last owner of the tenant: make another one first, who may do all that an owner may.',
  );
}
