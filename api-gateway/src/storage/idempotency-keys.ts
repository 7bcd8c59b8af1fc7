import { type Database, type Retention, type Sql, statement } from '@comanda/storage';
import { z } from 'zod';
import { GroupCommit } from './group-commit.js';
import type { KeptCommands } from './kept-commands.js';

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
  /**
   * The key is the request's own now; it must be finished, failed or freed. `again` when the same request had it before
   * and came to no answer that is kept.
   */
  | { readonly kind: 'claimed'; readonly again: boolean }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  | { readonly kind: 'in-flight' }
  | { readonly kind: 'other-body' };

const StoredKey = z.object({
  body_hash: z.string(),
  status: z.enum(['in-flight', 'failed', 'done']),
  response: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(StoredAnswer)
    .nullable(),
});

/** A request that has not ended after so long never will: its process died, and its key may be taken over. */
const ABANDONED_MS = 60_000;

const CLAIM = statement(
  `INSERT INTO idempotency_keys (tenant_id, caller, route, key, body_hash, status, created_at)
   VALUES ($1, $2, $3, $4, $5, 'in-flight', $6)
   ON CONFLICT (tenant_id, caller, route, key) DO NOTHING RETURNING key`,
);
const TAKE_OVER = statement(
  `UPDATE idempotency_keys SET status = 'in-flight', created_at = $6
   WHERE tenant_id = $1 AND caller = $2 AND route = $3 AND key = $4 AND body_hash = $5
     AND (status = 'failed' OR status = 'in-flight' AND created_at < $7)
   RETURNING key`,
);
const READ = statement(
  `SELECT body_hash, status, response FROM idempotency_keys
   WHERE tenant_id = $1 AND caller = $2 AND route = $3 AND key = $4`,
);
const FINISH = statement(
  `UPDATE idempotency_keys SET status = 'done', response = $5
   WHERE tenant_id = $1 AND caller = $2 AND route = $3 AND key = $4`,
);
const FAIL = statement(
  `UPDATE idempotency_keys SET status = 'failed'
   WHERE tenant_id = $1 AND caller = $2 AND route = $3 AND key = $4 AND status = 'in-flight'`,
);
const FREE = statement(
  `DELETE FROM idempotency_keys
   WHERE tenant_id = $1 AND caller = $2 AND route = $3 AND key = $4 AND status = 'in-flight'`,
);
const FORGET_ANSWERS = statement(
  `UPDATE idempotency_keys SET status = 'failed', response = NULL WHERE (tenant_id, caller, route, key) IN (
     SELECT tenant_id, caller, route, key FROM idempotency_keys
     WHERE created_at < $1 AND status <> 'failed' ORDER BY created_at LIMIT $2)
   RETURNING 1`,
);
const REMOVE_OLD = statement(
  `DELETE FROM idempotency_keys WHERE (tenant_id, caller, route, key) IN (
     SELECT tenant_id, caller, route, key FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2)
   RETURNING 1`,
);

/** The key's parts, in the order of the statements' first parameters. */
const partsOf = ({ tenantId, caller, route, key }: KeyScope) => [tenantId, caller, route, key];

/** Which requests with an Idempotency-Key are in flight, and what was answered to those that ended. */
export class IdempotencyKeys {
  readonly #commits: GroupCommit;

  constructor(
    database: Database,
    private readonly clock: () => number = Date.now,
    kept?: KeptCommands,
  ) {
    this.#commits = new GroupCommit(database, kept);
  }

  claim(scope: KeyScope, bodyHash: string): Promise<Claim> {
    const now = this.clock();
    const abandonedBefore = new Date(now - ABANDONED_MS).toISOString();
    const entry = [...partsOf(scope), bodyHash, new Date(now).toISOString()];
    return this.#commits.run(scope.tenantId, async (sql): Promise<Claim> => {
      const claimed = await sql.run(CLAIM, ...entry);
      if (claimed.length === 1) return { kind: 'claimed', again: false };
      const taken = await sql.run(TAKE_OVER, ...entry, abandonedBefore);
      return taken.length === 1 ? { kind: 'claimed', again: true } : this.#standing(sql, scope, bodyHash);
    });
  }

  /** Keeps the answer for a client that sends the same request again. */
  finish(scope: KeyScope, answer: StoredAnswer): Promise<void> {
    return this.#commits.run(scope.tenantId, async (sql) => {
      await sql.run(FINISH, ...partsOf(scope), JSON.stringify(answer));
    });
  }

  /** Leaves a key to the same request alone: what it asked for may have been done, or not. */
  fail(scope: KeyScope): Promise<void> {
    return this.#commits.run(scope.tenantId, async (sql) => {
      await sql.run(FAIL, ...partsOf(scope));
    });
  }

  /** Gives a key back whose request was not begun, so that any request may use it. */
  free(scope: KeyScope): Promise<void> {
    return this.#commits.run(scope.tenantId, async (sql) => {
      await sql.run(FREE, ...partsOf(scope));
    });
  }

  async #standing(sql: Sql, scope: KeyScope, bodyHash: string): Promise<Claim> {
    const [row] = await sql.run(READ, ...partsOf(scope));
    const standing = z.decode(StoredKey, row as z.input<typeof StoredKey>);
    if (standing.body_hash !== bodyHash) return { kind: 'other-body' };
    return standing.response ? { kind: 'answered', answer: standing.response } : { kind: 'in-flight' };
  }
}

/**
 * Answers are kept a little longer than the 24 hours that are promised. Their keys are kept `keyDays` days, left to the
 * same request alone: its ids are derived from the key, so another request would be answered with what the first made.
 */
export const idempotencyRetentions = (keyDays: number): readonly Retention[] => [
  {
    what: 'idempotency-answers',
    keptDays: 25 / 24,
    async remove(transaction, { before, limit }) {
      return (await transaction.run(FORGET_ANSWERS, before, limit)).length;
    },
  },
  {
    what: 'idempotency-keys',
    keptDays: keyDays,
    async remove(transaction, { before, limit }) {
      return (await transaction.run(REMOVE_OLD, before, limit)).length;
    },
  },
];
