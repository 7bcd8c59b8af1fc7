import { Id, StoredText, TenantId, Timestamp } from '@comanda/contracts';
import { pageOf } from '@comanda/service-kit';
import { type Database, statement } from '@comanda/storage';
import type { Logger } from 'pino';
import { z } from 'zod';
import { lockTenant } from '../accounts/tenants.js';
import type { KnownKey } from '../auth/known-keys.js';
import { isSameHash, type OpaqueToken } from '../auth/opaque-token.js';
import { Scope, StoredScopes, storedScopes } from '../auth/scopes.js';
import { FROM_THE_NEWEST, type PageRequest, positionIn } from '../routes/page-query.js';

/** Of one tenant. More would be one for each of its customers, which is what accounts are for. */
export const MOST_KEYS = 100;
/** How exactly it is known when a key was used last: a write at each request would cost more than the request. */
const LAST_USE_MS = 5 * 60_000;

export const ApiKeyView = z.object({
  keyId: Id,
  name: StoredText,
  prefix: z.string().describe('How the key begins'),
  scopes: z.array(Scope).readonly(),
  accountId: Id.describe('Who made it; the key ends with this account and may never do more than it'),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  lastUsedAt: Timestamp.nullable().describe('To five minutes'),
});
export type ApiKeyView = z.infer<typeof ApiKeyView>;

const Stored = ApiKeyView.extend({ scopes: StoredScopes });
const StoredWithHash = Stored.extend({ tenantId: TenantId, hash: z.string() });

const COLUMNS =
  'key_id AS "keyId", name, handle AS prefix, scopes, account_id AS "accountId", created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt"';
const ADD = statement(
  `INSERT INTO api_keys (tenant_id, key_id, handle, key_hash, name, scopes, account_id, created_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, key_id) DO NOTHING RETURNING 1`,
);
const COUNT = statement('SELECT count(*) AS count FROM api_keys WHERE tenant_id = $1');
const GET = statement(`SELECT ${COLUMNS} FROM api_keys WHERE tenant_id = $1 AND key_id = $2`);
const LIST = statement(
  `SELECT ${COLUMNS} FROM api_keys WHERE tenant_id = $1 AND (created_at, key_id) < ($2, $3)
   ORDER BY created_at DESC, key_id DESC LIMIT $4`,
);
const REMOVE = statement('DELETE FROM api_keys WHERE tenant_id = $1 AND key_id = $2 RETURNING 1');
/** Whose key it is says the row alone. */
const FIND = statement(
  `SELECT ${COLUMNS}, tenant_id AS "tenantId", key_hash AS hash FROM api_keys WHERE handle = $1`,
);
const USED = statement(
  `UPDATE api_keys SET last_used_at = $3
   WHERE tenant_id = $1 AND key_id = $2 AND (last_used_at IS NULL OR last_used_at < $3)`,
);

export type NewApiKey = Omit<ApiKeyView, 'prefix' | 'lastUsedAt'> & { readonly tenantId: string };

/** Keys for programs that call the API. A key that is deleted leaves nothing behind. */
export class ApiKeys {
  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
    private readonly clock: () => number = () => Date.now(),
  ) {}

  /** The key as it is now: `new`, or made before by the same request; `undefined` when there are as many as there may be. */
  add(
    key: NewApiKey,
    { handle, hash }: OpaqueToken,
  ): Promise<{ view: ApiKeyView; new: boolean } | undefined> {
    const { tenantId, keyId, name, scopes, accountId, createdAt, expiresAt } = key;
    const row = [tenantId, keyId, handle, hash, name, storedScopes(scopes), accountId, createdAt, expiresAt];
    return this.database.transaction(
      async (sql) => {
        await lockTenant(sql, tenantId);
        const [before] = await sql.run(GET, tenantId, keyId);
        if (before) return { view: Stored.parse(before), new: false };
        const [counted] = await sql.run(COUNT, tenantId);
        if (Number(counted?.count) >= MOST_KEYS) return undefined;
        await sql.run(ADD, ...row);
        const [added] = await sql.run(GET, tenantId, keyId);
        return { view: Stored.parse(added), new: true };
      },
      [tenantId],
    );
  }

  async list(tenantId: string, { limit, cursor }: PageRequest) {
    const after = positionIn(cursor) ?? FROM_THE_NEWEST;
    const rows = await this.database.of(tenantId).read(LIST, tenantId, ...after, limit + 1);
    return pageOf(
      rows.map((row) => Stored.parse(row)),
      { limit, position: ({ createdAt, keyId }) => [createdAt, keyId], view: (key) => key },
    );
  }

  /** False when there is no such key. */
  remove(tenantId: string, keyId: string): Promise<boolean> {
    return this.database.transaction(
      async (sql) => (await sql.run(REMOVE, tenantId, keyId)).length === 1,
      [tenantId],
    );
  }

  /** The key that somebody sends, if it is one; that it was used is written down now and then. */
  async find({ handle, hash }: OpaqueToken): Promise<KnownKey | undefined> {
    const [row] = await this.database.acrossTenants.read(FIND, handle);
    const key = row && StoredWithHash.parse(row);
    if (!key || !isSameHash(key.hash, hash)) return undefined;
    await this.#used(key);
    return key;
  }

  async #used({ tenantId, keyId, lastUsedAt }: z.infer<typeof StoredWithHash>): Promise<void> {
    const now = this.clock();
    if (lastUsedAt !== null && now - Date.parse(lastUsedAt) < LAST_USE_MS) return;
    try {
      const usedAt = new Date(now).toISOString();
      await this.database.transaction((sql) => sql.run(USED, tenantId, keyId, usedAt), [tenantId]);
    } catch (error) {
      // The key is as good as before: the next look-up tries again.
      this.logger.warn({ error: String(error), keyId }, 'the last use of an API key could not be written');
    }
  }
}
