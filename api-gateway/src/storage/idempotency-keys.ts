import type { Database, Retention, Sql } from '@comanda/storage';
import { z } from 'zod';
import { GroupCommit } from './group-commit.js';

/** Whose key it is and for what; the same key elsewhere is another. */
export interface KeyScope {
  readonly tenantId: string;
  readonly caller: string;
  /** Method and path, with the ids that are in it. */
  readonly route: string;
  readonly key: string;
}

export const StoredAnswer = z.object({
  status: z.number().int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});
export type StoredAnswer = z.infer<typeof StoredAnswer>;

export type Claim =
  /** The key is the request's own now; it must be finished or freed. */
  | { readonly kind: 'claimed' }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  | { readonly kind: 'in-flight' }
  | { readonly kind: 'other-body' };

const StoredKey = z.object({
  body_hash: z.string(),
  status: z.enum(['in-flight', 'done']),
  response: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(StoredAnswer)
    .nullable(),
});

/** A request that has not ended after so long never will: its process died, and its key may be taken over. */
const ABANDONED_MS = 60_000;

const WHERE_KEY = `tenant_id = ?1 ->> 'tenantId' AND caller = ?1 ->> 'caller' AND route = ?1 ->> 'route' AND key = ?1 ->> 'key'`;

/** Which requests with an Idempotency-Key are in flight, and what was answered to those that ended. */
export class IdempotencyKeys {
  readonly #commits: GroupCommit;

  constructor(
    database: Database,
    private readonly clock: () => number = Date.now,
  ) {
    this.#commits = new GroupCommit(database);
  }

  claim(scope: KeyScope, bodyHash: string): Promise<Claim> {
    const now = this.clock();
    const entry = {
      ...scope,
      bodyHash,
      now: new Date(now).toISOString(),
      abandonedBefore: new Date(now - ABANDONED_MS).toISOString(),
    };
    return this.#commits.run(scope.tenantId, async (sql): Promise<Claim> => {
      const claimed = await sql.run(
        `INSERT INTO idempotency_keys (tenant_id, caller, route, key, body_hash, status, created_at)
         SELECT ?1 ->> 'tenantId', ?1 ->> 'caller', ?1 ->> 'route', ?1 ->> 'key', ?1 ->> 'bodyHash', 'in-flight',
                ?1 ->> 'now'
         WHERE true
         ON CONFLICT (tenant_id, caller, route, key) DO UPDATE SET created_at = excluded.created_at
         WHERE idempotency_keys.status = 'in-flight' AND idempotency_keys.body_hash = excluded.body_hash
           AND idempotency_keys.created_at < ?1 ->> 'abandonedBefore'
         RETURNING key`,
        entry,
      );
      return claimed.length === 1 ? { kind: 'claimed' } : this.#standing(sql, scope, bodyHash);
    });
  }

  /** Keeps the answer for whoever sends the same request again. */
  finish(scope: KeyScope, answer: StoredAnswer): Promise<void> {
    return this.#commits.run(scope.tenantId, async (sql) => {
      await sql.run(
        `UPDATE idempotency_keys SET status = 'done', response = ?1 ->> 'response' WHERE ${WHERE_KEY}`,
        { ...scope, response: JSON.stringify(answer) },
      );
    });
  }

  /** Gives a key back whose request came to nothing, so that it may be tried again. */
  free(scope: KeyScope): Promise<void> {
    return this.#commits.run(scope.tenantId, async (sql) => {
      await sql.run(`DELETE FROM idempotency_keys WHERE ${WHERE_KEY} AND status = 'in-flight'`, scope);
    });
  }

  async #standing(sql: Sql, scope: KeyScope, bodyHash: string): Promise<Claim> {
    const [row] = await sql.run(
      `SELECT body_hash, status, response FROM idempotency_keys WHERE ${WHERE_KEY}`,
      scope,
    );
    const standing = z.decode(StoredKey, row as z.input<typeof StoredKey>);
    if (standing.body_hash !== bodyHash) return { kind: 'other-body' };
    return standing.response ? { kind: 'answered', answer: standing.response } : { kind: 'in-flight' };
  }
}

/** A little more than the 24 hours that are promised. */
export const idempotencyKeyRetention: Retention = {
  what: 'idempotency-keys',
  keptDays: 25 / 24,
  async remove(sql, old) {
    const removed = await sql.run(
      `DELETE FROM idempotency_keys WHERE (tenant_id, caller, route, key) IN (
         SELECT tenant_id, caller, route, key FROM idempotency_keys WHERE created_at < ?1 ->> 'before'
         ORDER BY created_at LIMIT CAST(?1 ->> 'limit' AS BIGINT))
       RETURNING 1`,
      old,
    );
    return removed.length;
  },
};
