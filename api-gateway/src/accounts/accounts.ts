import { Id, TenantId } from '@comanda/contracts';
import { type Database, type Sql, statement } from '@comanda/storage';
import { z } from 'zod';
import { type Caller, Role } from '../auth/caller.js';
import type { Granted } from '../auth/open-accounts.js';
import { type Scope, StoredScopes, storedScopes } from '../auth/scopes.js';
import { markOf } from './passwords.js';
import { endSessions } from './sessions.js';

export const Account = z.object({
  tenantId: TenantId,
  accountId: Id,
  email: z.string(),
  role: Role,
  scopes: StoredScopes,
  createdAt: z.string(),
});
export type Account = z.infer<typeof Account>;

const KnownAccount = Account.extend({ closedAt: z.string().nullable() });
export type KnownAccount = z.infer<typeof KnownAccount>;

const StoredAccount = KnownAccount.extend({ passwordHash: z.string() });
type StoredAccount = z.infer<typeof StoredAccount>;
const StoredGrant = StoredAccount.pick({ scopes: true, passwordHash: true });

const RoleAndScopes = Account.pick({ role: true, scopes: true });

const COLUMNS =
  'tenant_id AS "tenantId", account_id AS "accountId", email, role, scopes, created_at AS "createdAt", closed_at AS "closedAt"';
const FIND = statement(
  `SELECT ${COLUMNS}, password_hash AS "passwordHash" FROM accounts WHERE tenant_id = $1 AND email = $2`,
);
const LIST = statement(`SELECT ${COLUMNS} FROM accounts WHERE tenant_id = $1 ORDER BY email`);
const GRANTED = statement(
  'SELECT scopes, password_hash AS "passwordHash" FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND closed_at IS NULL',
);
const ADD = statement(
  `INSERT INTO accounts (tenant_id, account_id, email, password_hash, role, scopes, created_at, locale)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
   ON CONFLICT DO NOTHING RETURNING account_id`,
);
const SET_PASSWORD = statement(
  'UPDATE accounts SET password_hash = $3 WHERE tenant_id = $1 AND account_id = $2',
);
const SET_AGAIN = statement(
  'UPDATE accounts SET password_hash = $4 WHERE tenant_id = $1 AND account_id = $2 AND password_hash = $3',
);
const SET_SCOPES = statement('UPDATE accounts SET scopes = $3 WHERE tenant_id = $1 AND account_id = $2');
const CLOSE = statement(
  'UPDATE accounts SET closed_at = $3 WHERE tenant_id = $1 AND account_id = $2 AND closed_at IS NULL',
);
const OPEN_ONE = statement(
  'SELECT role, scopes FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND closed_at IS NULL',
);
const REMOVE = statement('DELETE FROM accounts WHERE tenant_id = $1 AND account_id = $2 RETURNING email');

export type NewAccount = Account & { readonly passwordHash: string; readonly locale?: string };

/** Adds an account in a transaction; false when its e-mail address or its id is taken. */
export async function addAccount(sql: Sql, account: NewAccount): Promise<boolean> {
  const { tenantId, accountId, email, passwordHash, role, scopes, createdAt, locale = 'en' } = account;
  const row = [tenantId, accountId, email, passwordHash, role, storedScopes(scopes), createdAt, locale];
  return (await sql.run(ADD, ...row)).length === 1;
}

/** Who may log in. E-mail addresses are unique within a tenant, in lower case; a closed account keeps its own. */
export class Accounts {
  /** @param barred the ids of accounts that are as good as none, wherever they come from */
  constructor(
    private readonly database: Database,
    private readonly barred: ReadonlySet<string> = new Set(),
  ) {}

  /** The account with this e-mail address, closed ones as well. */
  async find(tenantId: string, email: string): Promise<StoredAccount | undefined> {
    const [row] = await this.database.of(tenantId).read(FIND, tenantId, email);
    const account = row && StoredAccount.parse(row);
    return account && this.barred.has(account.accountId) ? undefined : account;
  }

  /** All accounts of a tenant, closed ones as well, by e-mail address. */
  async list(tenantId: string): Promise<KnownAccount[]> {
    const rows = await this.database.of(tenantId).read(LIST, tenantId);
    return rows.map((row) => KnownAccount.parse(row));
  }

  /** `undefined` when there is no such account or it is closed. */
  async grantedTo(tenantId: string, accountId: string): Promise<Granted | undefined> {
    if (this.barred.has(accountId)) return undefined;
    const [row] = await this.database.of(tenantId).read(GRANTED, tenantId, accountId);
    if (!row) return undefined;
    const { scopes, passwordHash } = StoredGrant.parse(row);
    return { scopes, passwordMark: markOf(passwordHash) };
  }

  /** Who an account is by now, for a transaction; `undefined` when there is no such account or it is closed. */
  async openOne(sql: Sql, tenantId: string, accountId: string): Promise<Caller | undefined> {
    if (this.barred.has(accountId)) return undefined;
    const [row] = await sql.run(OPEN_ONE, tenantId, accountId);
    return row && { tenantId, accountId, ...RoleAndScopes.parse(row) };
  }

  /** Adds an account; false when its e-mail address or its id is taken. */
  add(account: NewAccount): Promise<boolean> {
    return this.database.transaction((sql) => addAccount(sql, account), [account.tenantId]);
  }

  /** A gateway that runs knows it within a minute (`OpenAccounts`). */
  async setScopes(
    { tenantId, accountId }: Pick<Account, 'tenantId' | 'accountId'>,
    scopes: readonly Scope[],
  ): Promise<void> {
    await this.database.transaction(
      (transaction) => transaction.run(SET_SCOPES, tenantId, accountId, storedScopes(scopes)),
      [tenantId],
    );
  }

  /**
   * Its sessions end, and within half a minute the tokens of other log-ins: who knew the old password is out.
   *
   * @param but the session in which it was changed
   */
  async setPassword({ tenantId, accountId }: Account, passwordHash: string, but?: string): Promise<void> {
    await this.database.transaction(
      async (transaction) => {
        await transaction.run(SET_PASSWORD, tenantId, accountId, passwordHash);
        await endSessions(transaction, tenantId, accountId, but);
      },
      [tenantId],
    );
  }

  /** Keeps the same password by a newer hash, unless it was changed since the old one was read. */
  async rehash({ tenantId, accountId, passwordHash }: StoredAccount, newHash: string): Promise<void> {
    await this.database.transaction(
      (transaction) => transaction.run(SET_AGAIN, tenantId, accountId, passwordHash, newHash),
      [tenantId],
    );
  }

  /** Its owner can't log in any more; a gateway that runs refuses its tokens within a minute (`OpenAccounts`). */
  async close({ tenantId, accountId }: Account, closedAt: string): Promise<void> {
    await this.database.transaction(
      async (transaction) => {
        await transaction.run(CLOSE, tenantId, accountId, closedAt);
        await endSessions(transaction, tenantId, accountId);
      },
      [tenantId],
    );
  }

  /** Removes an account; its e-mail address, or `undefined` when there was none. */
  remove(tenantId: string, accountId: string): Promise<string | undefined> {
    return this.database.transaction(
      async (transaction) => {
        const [row] = await transaction.run(REMOVE, tenantId, accountId);
        await endSessions(transaction, tenantId, accountId);
        return row && z.object({ email: z.string() }).parse(row).email;
      },
      [tenantId],
    );
  }
}
