import { Id, pageOfEach, printable } from '@comanda/contracts';
import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, CurrentCaller } from '../auth/caller.js';
import { accountBehind, GivenScopes, refuseToGiveMore } from '../auth/giving.js';
import { newOpaqueToken } from '../auth/opaque-token.js';
import type { Scope } from '../auth/scopes.js';
import { createdAt, nextCursor, staffId } from '../description/examples.js';
import { named } from '../description/named.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { IdempotentId } from '../routes/idempotent-id.js';
import { Operation } from '../routes/operation.js';
import { pageQuery } from '../routes/page-query.js';
import { Email, NewPassword } from './credentials.js';
import { INVITATION_PREFIX, Invitations, InvitationView } from './invitations.js';
import { Locale } from './locale.js';
import { inTurn } from './password-turns.js';
import { hashPassword } from './passwords.js';
import { Registered } from './registration.controller.js';

const InvitationParams = z.strictObject({ invitationId: Id });
const InvitationsQuery = z.strictObject(pageQuery);
const example = { email: 'name@example.org', scopes: ['orders:read', 'orders:write'] as Scope[] };
const NewInvitation = named(
  'NewInvitation',
  z.strictObject({ email: Email, scopes: GivenScopes, locale: Locale.default('en') }),
  example,
);
const invitation = {
  ...{ invitationId: '0192d1a4-0000-7000-8000-00000000f002', ...example, locale: 'en' as const },
  ...{ invitedBy: staffId, createdAt, expiresAt: '2026-02-07T12:00:00.000Z' },
};
const Invitation = named('Invitation', InvitationView, invitation);
const InvitationPage = named('InvitationPage', pageOfEach(Invitation), { items: [invitation], nextCursor });
const token = `${INVITATION_PREFIX}${'4fGh2k9Q'.repeat(4)}2Xk0aB`;
const CreatedInvitation = named(
  'CreatedInvitation',
  InvitationView.extend({
    token: z.string().optional().describe('Shown this once, for whom it is for'),
    link: z.string().optional().describe('Where they accept it, on this host; the token stands behind #'),
  }),
  { ...invitation, token, link: linkOf(token) },
);
const Acceptance = named(
  'InvitationAcceptance',
  z.strictObject({ token: printable(100), password: NewPassword }),
  { token, password: 'correct horse battery' },
);

/** How somebody becomes staff: they are sent a link, and choose a password. */
@ApiTags('accounts')
@Controller(API)
export class InvitationsController {
  constructor(@Inject(Invitations) private readonly invitations: Invitations) {}

  @Post('accounts/invitations')
  @Operation({
    id: 'invite',
    summary: 'Invite somebody to be staff',
    description:
      'The answer shows the link, this once: send it to them. It is good for 7 days and once, and for no more than who invites may do at that time. A replayed answer (Idempotency-Key) lacks it.',
    access: 'staff',
    scope: 'accounts:manage',
    status: 201,
    result: CreatedInvitation,
    problems: { 409: ['EMAIL_TAKEN', 'TOO_MANY_INVITATIONS'] },
    idempotent: true,
  })
  async create(
    @Body({ schema: NewInvitation }) { email, scopes, locale }: z.infer<typeof NewInvitation>,
    @IdempotentId({ names: 'invitation' }) invitationId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<z.infer<typeof CreatedInvitation>> {
    refuseToGiveMore(caller, scopes);
    const { tenantId } = caller;
    const token = newOpaqueToken(INVITATION_PREFIX);
    const { view, new: isNew } = await this.invitations.add(
      { tenantId, invitationId, email, scopes, locale, invitedBy: accountBehind(caller) },
      token,
    );
    return { ...view, ...(isNew && { token: token.text, link: linkOf(token.text) }) };
  }

  @Get('accounts/invitations')
  @Operation({
    id: 'listInvitations',
    summary: 'Invitations that wait to be accepted, newest first',
    access: 'staff',
    scope: 'accounts:manage',
    result: InvitationPage,
  })
  list(
    @Query({ schema: InvitationsQuery }) page: z.infer<typeof InvitationsQuery>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return this.invitations.list(tenantId, page);
  }

  @Delete('accounts/invitations/:invitationId')
  @Operation({
    id: 'withdrawInvitation',
    summary: 'Withdraw an invitation',
    access: 'staff',
    scope: 'accounts:manage',
    status: 204,
    problems: { 404: ['NOT_FOUND'] },
  })
  async remove(
    @Param({ schema: InvitationParams }) { invitationId }: z.infer<typeof InvitationParams>,
    @CurrentCaller() { tenantId }: Caller,
  ): Promise<void> {
    if (await this.invitations.remove(tenantId, invitationId)) return;
    throw new Problem(404, 'NOT_FOUND', 'There is no such invitation.');
  }

  @Post('auth/accept-invitation')
  @CountedIn('auth')
  @Operation({
    id: 'acceptInvitation',
    summary: 'Accept an invitation: make the account with a password',
    description: 'Log in afterwards.',
    access: 'log-in',
    status: 201,
    result: Registered,
    problems: { 404: ['INVITATION_INVALID'], 409: ['EMAIL_TAKEN'], 429: ['TOO_MANY_LOG_INS'] },
  })
  async accept(@Body({ schema: Acceptance }) { token, password }: z.infer<typeof Acceptance>) {
    const invitation = await this.invitations.of(token);
    const passwordHash = await inTurn(() => hashPassword(password));
    return this.invitations.accept(invitation, passwordHash);
  }
}

/** The token stands behind #, where neither a server nor the page that is opened next learns it. */
function linkOf(token: string): string {
  return `/console/accept-invitation#token=${token}`;
}
