import { Id, TenantId } from '@comanda/contracts';
import { type Database, statement } from '@comanda/storage';
import { z } from 'zod';
import { Role } from '../auth/caller.js';

export const Email = z.email('must be an e-mail address').max(254).toLowerCase();

export const Account = z.object({
  tenantId: TenantId,
  accountId: Id,
  email: z.string(),
  role: Role,
  createdAt: z.string(),
});
export type Account = z.infer<typeof Account>;

const StoredAccount = Account.extend({ passwordHash: z.string() });
export type StoredAccount = z.infer<typeof StoredAccount>;

const FIND = statement(
  `SELECT tenant_id AS "tenantId", account_id AS "accountId", email, role, created_at AS "createdAt",
          password_hash AS "passwordHash"
   FROM accounts WHERE tenant_id = $1 AND email = $2`,
);
const ADD = statement(
  `INSERT INTO accounts (tenant_id, account_id, email, password_hash, role, created_at)
   VALUES ($1, $2, $3, $4, $5, $6)
   ON CONFLICT DO NOTHING RETURNING account_id`,
);

/** Who may log in. E-mail addresses are unique within a tenant, in lower case. */
export class Accounts {
  constructor(private readonly database: Database) {}

  async find(tenantId: string, email: string): Promise<StoredAccount | undefined> {
    const [row] = await this.database.of(tenantId).read(FIND, tenantId, email);
    return row && StoredAccount.parse(row);
  }

  /** Adds an account; false when its e-mail address or its id is taken. */
  add({ tenantId, accountId, email, passwordHash, role, createdAt }: StoredAccount): Promise<boolean> {
    return this.database.transaction(
      async (transaction) => {
        const added = await transaction.run(ADD, tenantId, accountId, email, passwordHash, role, createdAt);
        return added.length === 1;
      },
      [tenantId],
    );
  }
}
