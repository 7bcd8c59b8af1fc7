import { Id, newId, TenantId, Timestamp } from '@comanda/contracts';
import { pageOf } from '@comanda/service-kit';
import { type Database, type Retention, statement } from '@comanda/storage';
import { z } from 'zod';
import { isSameHash, type OpaqueToken, opaqueTokenIn } from '../auth/opaque-token.js';
import { bothOf, Scope, StoredScopes, storedScopes } from '../auth/scopes.js';
import { Problem } from '../problems/problem.js';
import { FROM_THE_NEWEST, type PageRequest, positionIn } from '../routes/page-query.js';
import { type Accounts, addAccount } from './accounts.js';
import { Locale } from './locale.js';
import { lockTenant } from './tenants.js';

export const INVITATION_PREFIX = 'cmd_invite_';
export const INVITATION_DAYS = 7;
/** Of one tenant, that wait to be accepted. */
export const MOST_INVITATIONS = 100;
const DAY_MS = 24 * 3_600_000;

export const InvitationView = z.object({
  invitationId: Id,
  email: z.string(),
  scopes: z.array(Scope).readonly(),
  locale: Locale,
  invitedBy: Id.describe('The account that invites'),
  createdAt: Timestamp,
  expiresAt: Timestamp,
});
export type InvitationView = z.infer<typeof InvitationView>;

const Stored = InvitationView.extend({ scopes: StoredScopes });
const StoredWithHash = Stored.extend({ tenantId: TenantId, hash: z.string() });
type StoredWithHash = z.infer<typeof StoredWithHash>;

const COLUMNS =
  'invitation_id AS "invitationId", email, scopes, locale, invited_by AS "invitedBy", created_at AS "createdAt", expires_at AS "expiresAt"';
const ADD = statement(
  `INSERT INTO invitations (tenant_id, invitation_id, handle, token_hash, email, scopes, locale, invited_by, created_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);
const COUNT = statement('SELECT count(*) AS count FROM invitations WHERE tenant_id = $1 AND created_at > $2');
const IS_TAKEN = statement('SELECT 1 FROM accounts WHERE tenant_id = $1 AND email = $2');
const GET = statement(`SELECT ${COLUMNS} FROM invitations WHERE tenant_id = $1 AND invitation_id = $2`);
const LIST = statement(
  `SELECT ${COLUMNS} FROM invitations
   WHERE tenant_id = $1 AND created_at > $2 AND (created_at, invitation_id) < ($3, $4)
   ORDER BY created_at DESC, invitation_id DESC LIMIT $5`,
);
const REMOVE = statement('DELETE FROM invitations WHERE tenant_id = $1 AND invitation_id = $2 RETURNING 1');
/** Whose invitation it is says the row alone. */
const FIND = statement(
  `SELECT ${COLUMNS}, tenant_id AS "tenantId", token_hash AS hash FROM invitations WHERE handle = $1`,
);
const REMOVE_OLD = statement(
  `DELETE FROM invitations WHERE (tenant_id, invitation_id) IN (
     SELECT tenant_id, invitation_id FROM invitations WHERE created_at < $1 ORDER BY created_at LIMIT $2)
   RETURNING 1`,
);

export type NewInvitation = Omit<InvitationView, 'createdAt' | 'expiresAt'> & { readonly tenantId: string };

/** Invitations of staff. One that was accepted, withdrawn or is over is gone. */
export class Invitations {
  constructor(
    private readonly database: Database,
    private readonly accounts: Pick<Accounts, 'grantedTo'>,
    private readonly clock: () => number = () => Date.now(),
  ) {}

  /** The invitation as it is now: `new`, or made before by the same request. Throws the problem that keeps it from being made. */
  add(
    invitation: NewInvitation,
    { handle, hash }: OpaqueToken,
  ): Promise<{ view: InvitationView; new: boolean }> {
    const { tenantId, invitationId, email, scopes, locale, invitedBy } = invitation;
    const createdAt = this.#inDays(0);
    const added = [storedScopes(scopes), locale, invitedBy, createdAt, this.#inDays(INVITATION_DAYS)];
    return this.database.transaction(
      async (sql) => {
        await lockTenant(sql, tenantId);
        const [before] = await sql.run(GET, tenantId, invitationId);
        if (before) return { view: Stored.parse(before), new: false };
        if ((await sql.run(IS_TAKEN, tenantId, email)).length > 0) throw emailTaken();
        const [counted] = await sql.run(COUNT, tenantId, this.#oldest());
        if (Number(counted?.count) >= MOST_INVITATIONS) throw tooMany();
        await sql.run(ADD, tenantId, invitationId, handle, hash, email, ...added);
        const [row] = await sql.run(GET, tenantId, invitationId);
        return { view: Stored.parse(row), new: true };
      },
      [tenantId],
    );
  }

  /** Those that wait to be accepted, newest first. */
  async list(tenantId: string, { limit, cursor }: PageRequest) {
    const after = positionIn(cursor) ?? FROM_THE_NEWEST;
    const reader = this.database.of(tenantId);
    const rows = await reader.read(LIST, tenantId, this.#oldest(), ...after, limit + 1);
    return pageOf(
      rows.map((row) => Stored.parse(row)),
      {
        limit,
        position: ({ createdAt, invitationId }) => [createdAt, invitationId],
        view: (invitation) => invitation,
      },
    );
  }

  /** False when there is no such invitation. */
  remove(tenantId: string, invitationId: string): Promise<boolean> {
    return this.database.transaction(
      async (sql) => (await sql.run(REMOVE, tenantId, invitationId)).length === 1,
      [tenantId],
    );
  }

  /** The invitation of a token, with the scopes that who invites can still give. Throws when there is none. */
  async of(token: string): Promise<StoredWithHash> {
    const sent = opaqueTokenIn(INVITATION_PREFIX, token);
    const [row] = sent ? await this.database.acrossTenants.read(FIND, sent.handle) : [];
    const found = row && StoredWithHash.parse(row);
    if (!sent || !found || !isSameHash(found.hash, sent.hash) || found.expiresAt <= this.#inDays(0))
      throw invalid();
    const given = await this.accounts.grantedTo(found.tenantId, found.invitedBy);
    if (!given) throw invalid();
    return { ...found, scopes: bothOf(found.scopes, given.scopes) };
  }

  /** Makes the account of who was invited. It is accepted once, however many try at once. */
  accept(invitation: StoredWithHash, passwordHash: string) {
    const { tenantId, invitationId, email, scopes, locale } = invitation;
    const account = { accountId: newId(), email, role: 'staff' as const, createdAt: this.#inDays(0) };
    return this.database.transaction(
      async (sql) => {
        if ((await sql.run(REMOVE, tenantId, invitationId)).length === 0) throw invalid();
        if (!(await addAccount(sql, { ...account, tenantId, scopes, locale, passwordHash })))
          throw emailTaken();
        return account;
      },
      [tenantId],
    );
  }

  #inDays(days: number): string {
    return new Date(this.clock() + days * DAY_MS).toISOString();
  }

  /** Those that were made before are over. */
  #oldest(): string {
    return this.#inDays(-INVITATION_DAYS);
  }
}

const emailTaken = (): Problem =>
  new Problem(409, 'EMAIL_TAKEN', 'There is an account with this e-mail address.');

const tooMany = (): Problem =>
  new Problem(
    409,
    'TOO_MANY_INVITATIONS',
    `There are ${MOST_INVITATIONS} invitations already that nobody has accepted. Delete some.`,
  );

const invalid = (): Problem =>
  new Problem(
    404,
    'INVITATION_INVALID',
    'There is no such invitation: it was accepted or withdrawn, or is over. Ask for another one.',
  );

/** Invitations go as soon as they are over. */
export const invitationRetention: Retention = {
  what: 'invitations',
  keptDays: INVITATION_DAYS,
  async remove(transaction, { before, limit }) {
    return (await transaction.run(REMOVE_OLD, before, limit)).length;
  },
};
