import { Id, TenantId } from '@comanda/contracts';
import { type Database, type Retention, type Sql, statement } from '@comanda/storage';
import { z } from 'zod';
import { actingIn, type Caller } from '../auth/caller.js';
import { FOR_ALL_TENANTS } from '../auth/scopes.js';
import { hashOf, newRefreshToken, type RefreshToken, sessionIdOf, successorOf } from './refresh-token.js';

const DAY_MS = 24 * 3_600_000;
/** Of one account; who begins another one ends the one that was used least lately. */
const MOST_SESSIONS = 100;
const NO_END = Number.MAX_SAFE_INTEGER;

const Session = z.object({
  sessionId: Id,
  createdAt: z.string(),
  usedAt: z.string(),
  expiresAt: z.string(),
  userAgent: z.string().nullable(),
});
export type Session = z.infer<typeof Session>;

const COLUMNS =
  'session_id AS "sessionId", created_at AS "createdAt", used_at AS "usedAt", expires_at AS "expiresAt", user_agent AS "userAgent"';
/** Not for a password that was changed while it was verified: `endSessions` comes before or after the whole of it. */
const ADD = `INSERT INTO sessions (tenant_id, session_id, account_id, token_hash, user_agent, created_at, used_at, ends_at, expires_at)
   SELECT tenant_id, $2, account_id, $4, $5, $6, $6, $7, $8 FROM accounts
   WHERE tenant_id = $1 AND account_id = $3 AND password_hash = $9 AND closed_at IS NULL`;
const ADD_ONE = statement({ sqlite: `${ADD} RETURNING 1`, postgres: `${ADD} FOR SHARE RETURNING 1` });
const END_OLDEST = statement(
  `DELETE FROM sessions WHERE (tenant_id, session_id) IN (
     SELECT tenant_id, session_id FROM sessions WHERE tenant_id = $1 AND account_id = $2
     ORDER BY used_at DESC LIMIT $4 OFFSET $3)`,
);
/**
 * The one statement that decides: of two uses of a token, wherever they come in, it holds for the first alone. It holds
 * again for a repeat, whose new token is the one that the first use has put in place.
 */
const ROTATE = statement(
  `UPDATE sessions SET token_hash = $4, used_at = $5, expires_at = CASE WHEN ends_at < $6 THEN ends_at ELSE $6 END
   WHERE tenant_id = $1 AND session_id = $2 AND token_hash IN ($3, $4) AND expires_at > $5
   RETURNING account_id AS "accountId", expires_at AS "expiresAt", acting_in AS "actingIn"`,
);
const ACT = statement(
  `UPDATE sessions SET acting_in = $4 WHERE tenant_id = $1 AND session_id = $2 AND account_id = $3 AND expires_at > $5
   RETURNING expires_at AS "expiresAt"`,
);
const END = statement(
  `DELETE FROM sessions WHERE tenant_id = $1 AND session_id = $2
   RETURNING account_id AS "accountId", expires_at AS "expiresAt"`,
);
const END_OWN = statement(
  'DELETE FROM sessions WHERE tenant_id = $1 AND session_id = $2 AND account_id = $3 RETURNING 1',
);
const END_ALL = statement(
  'DELETE FROM sessions WHERE tenant_id = $1 AND account_id = $2 AND session_id <> $3',
);
const IS_OPEN = statement(
  'SELECT 1 FROM sessions WHERE tenant_id = $1 AND session_id = $2 AND account_id = $3 AND expires_at > $4',
);
const LIST = statement(
  `SELECT ${COLUMNS} FROM sessions WHERE tenant_id = $1 AND account_id = $2 AND expires_at > $3 ORDER BY used_at DESC`,
);
const REMOVE_OVER = statement(
  `DELETE FROM sessions WHERE (tenant_id, session_id) IN (
     SELECT tenant_id, session_id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)
   RETURNING 1`,
);

const Ended = z.object({ accountId: Id, expiresAt: z.string() });
const Rotated = Ended.extend({ actingIn: TenantId.nullable() });
const Acting = Ended.pick({ expiresAt: true });

/** Whose session it is. */
interface Owner {
  readonly tenantId: string;
  readonly accountId: string;
}

/** A session after its log-in, or after it was refreshed. */
export interface Refreshed {
  readonly token: RefreshToken;
  readonly sessionId: string;
  /** When it is over unless it is refreshed before. */
  readonly expiresAt: string;
}

export type Refresh =
  | ({ readonly kind: 'refreshed'; readonly account: Caller } & Refreshed)
  /** There is no such session, or it is over. */
  | { readonly kind: 'over' }
  /** The token was used before: somebody else has had it, and nobody knows who of the two asks now. The session is over. */
  | { readonly kind: 'reused'; readonly sessionId: string; readonly accountId: string };

/** What an account may do by now; `undefined` when it is closed, or not there. */
interface Accounts {
  openOne(sql: Sql, tenantId: string, accountId: string): Promise<Caller | undefined>;
}

export interface Lifetimes {
  /** From the log-in on, however often it is refreshed. */
  readonly days: number;
  /** From the last refresh on. */
  readonly idleDays: number;
}

/**
 * The sessions of accounts: each is a family of refresh tokens, of which the last one alone is good, and once. What is over
 * is deleted: a session that is not in the table has ended.
 */
export class Sessions {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly lifetimes: Lifetimes,
    private readonly clock: () => number = () => Date.now(),
  ) {}

  /** `undefined` when the password is not the one that was verified any more. */
  begin(
    { tenantId, accountId, passwordHash }: Owner & { readonly passwordHash: string },
    userAgent: string | undefined,
  ): Promise<Refreshed | undefined> {
    const token = newRefreshToken(tenantId);
    const sessionId = sessionIdOf(token);
    const { days, idleDays } = this.lifetimes;
    const now = this.clock();
    const [endsAt, expiresAt] = [this.#inDays(days, now), this.#inDays(Math.min(days, idleDays), now)];
    const row = [tenantId, sessionId, accountId, hashOf(token), userAgent ?? null, this.#inDays(0, now)];
    return this.database.transaction(
      async (sql) => {
        const added = await sql.run(ADD_ONE, ...row, endsAt, expiresAt, passwordHash);
        if (added.length === 0) return undefined;
        await sql.run(END_OLDEST, tenantId, accountId, MOST_SESSIONS, NO_END);
        return { token, sessionId, expiresAt };
      },
      [tenantId],
    );
  }

  /**
   * Takes a refresh token and gives the next one. A token that is not the last one of its session ends it. The same
   * Idempotency-Key with the same token is no second use: it gets the same token again until that one is used.
   */
  refresh(token: RefreshToken, idempotencyKey: string | undefined): Promise<Refresh> {
    const { tenantId } = token;
    const sessionId = sessionIdOf(token);
    const next = successorOf(token, idempotencyKey);
    return this.database.transaction(
      async (sql): Promise<Refresh> => {
        const now = this.#inDays(0);
        const hashes = [hashOf(token), hashOf(next)];
        const idleEnd = this.#inDays(this.lifetimes.idleDays);
        const [rotated] = await sql.run(ROTATE, tenantId, sessionId, ...hashes, now, idleEnd);
        if (!rotated) {
          const [ended] = await sql.run(END, tenantId, sessionId);
          const { accountId, expiresAt } = ended ? Ended.parse(ended) : { accountId: '', expiresAt: '' };
          return expiresAt > now ? { kind: 'reused', sessionId, accountId } : { kind: 'over' };
        }
        const { accountId, expiresAt, actingIn: elsewhere } = Rotated.parse(rotated);
        // In the same transaction: should it fail, the token is as good as before.
        const own = await this.accounts.openOne(sql, tenantId, accountId);
        // Who may not act in other tenants any more is back at home.
        const account =
          own && elsewhere !== null && own.scopes.includes(FOR_ALL_TENANTS) ? actingIn(own, elsewhere) : own;
        if (account) return { kind: 'refreshed', account, token: next, sessionId, expiresAt };
        await sql.run(END, tenantId, sessionId);
        return { kind: 'over' };
      },
      [tenantId],
    );
  }

  /**
   * From its next access token on a session acts in this tenant; when it is over unless it is refreshed before, or
   * `undefined` when it is over already.
   */
  actIn(
    { tenantId, accountId }: Owner,
    sessionId: string,
    actingTenantId: string,
  ): Promise<string | undefined> {
    const elsewhere = actingTenantId === tenantId ? null : actingTenantId;
    return this.database.transaction(
      async (sql) => {
        const [row] = await sql.run(ACT, tenantId, sessionId, accountId, elsewhere, this.#inDays(0));
        return row && Acting.parse(row).expiresAt;
      },
      [tenantId],
    );
  }

  /** Ends the session of a refresh token, whichever of its tokens it is. */
  async end(token: RefreshToken): Promise<void> {
    const { tenantId } = token;
    await this.database.transaction((sql) => sql.run(END, tenantId, sessionIdOf(token)), [tenantId]);
  }

  /** False when the account has no such session. */
  endOne({ tenantId, accountId }: Owner, sessionId: string): Promise<boolean> {
    return this.database.transaction(
      async (sql) => (await sql.run(END_OWN, tenantId, sessionId, accountId)).length === 1,
      [tenantId],
    );
  }

  async endAll({ tenantId, accountId }: Owner): Promise<void> {
    await this.database.transaction((sql) => endSessions(sql, tenantId, accountId), [tenantId]);
  }

  /** Those that are not over, the one that was used last first. */
  async list({ tenantId, accountId }: Owner): Promise<Session[]> {
    const rows = await this.database.of(tenantId).read(LIST, tenantId, accountId, this.#inDays(0));
    return rows.map((row) => Session.parse(row));
  }

  async isOpen({ tenantId, accountId }: Owner, sessionId: string): Promise<boolean> {
    const parameters = [tenantId, sessionId, accountId, this.#inDays(0)];
    return (await this.database.of(tenantId).read(IS_OPEN, ...parameters)).length === 1;
  }

  #inDays(days: number, from = this.clock()): string {
    return new Date(from + days * DAY_MS).toISOString();
  }
}

/**
 * Ends all sessions of an account, in the transaction that closes it or gives it another password.
 *
 * @param but the session that stays, if one does
 */
export async function endSessions(sql: Sql, tenantId: string, accountId: string, but = ''): Promise<void> {
  await sql.run(END_ALL, tenantId, accountId, but);
}

/** Sessions go as soon as they are over. */
export const sessionRetention: Retention = {
  what: 'sessions',
  keptDays: 0,
  async remove(transaction, { before, limit }) {
    return (await transaction.run(REMOVE_OVER, before, limit)).length;
  },
};
