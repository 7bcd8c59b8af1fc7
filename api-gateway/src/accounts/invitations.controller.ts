import { Id, pageOfEach } from '@comanda/contracts';
import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, CurrentCaller } from '../auth/caller.js';
import { accountBehind, GivenScopes, refuseToGiveMore } from '../auth/giving.js';
import { newOpaqueToken } from '../auth/opaque-token.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { IdempotentId } from '../routes/idempotent-id.js';
import { Operation } from '../routes/operation.js';
import { pageQuery } from '../routes/page-query.js';
import { Registered } from './auth.controller.js';
import { Email, NewPassword } from './credentials.js';
import { INVITATION_PREFIX, Invitations, InvitationView } from './invitations.js';
import { Locale } from './locale.js';
import { inTurn } from './password-turns.js';
import { hashPassword } from './passwords.js';

const InvitationParams = z.strictObject({ invitationId: Id });
const InvitationsQuery = z.strictObject(pageQuery);
const NewInvitation = z.strictObject({ email: Email, scopes: GivenScopes, locale: Locale.default('en') });
const CreatedInvitation = InvitationView.extend({
  token: z.string().optional().describe('Shown this once, for whom it is for'),
  link: z.string().optional().describe('Where they accept it, on this host; the token stands behind #'),
});
const Acceptance = z.strictObject({ token: z.string().max(100), password: NewPassword });

/** How somebody becomes staff: they are sent a link, and choose a password. */
@ApiTags('accounts')
@Controller(API)
export class InvitationsController {
  constructor(@Inject(Invitations) private readonly invitations: Invitations) {}

  @Post('accounts/invitations')
  @Operation({
    summary: 'Invite somebody to be staff',
    description:
      'The answer shows the link, this once: send it to them. It is good for 7 days and once, and for no more than who invites may do at that time. A replayed answer (Idempotency-Key) lacks it.',
    access: 'staff',
    scope: 'accounts:manage',
    status: 201,
    result: CreatedInvitation,
    problems: {
      403: 'For another role (`FORBIDDEN`), without the scope `accounts:manage`, or a scope that the caller lacks was to be given (`SCOPE_MISSING`)',
      409: 'The e-mail address has an account, there are as many invitations as there may be, or a request with this Idempotency-Key is still in flight',
    },
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
    // Behind #, where neither a server nor the page that is left learns it.
    const link = `/console/accept-invitation#token=${token.text}`;
    return { ...view, ...(isNew && { token: token.text, link }) };
  }

  @Get('accounts/invitations')
  @Operation({
    summary: 'Invitations that wait to be accepted, newest first',
    access: 'staff',
    scope: 'accounts:manage',
    result: pageOfEach(InvitationView),
  })
  list(
    @Query({ schema: InvitationsQuery }) page: z.infer<typeof InvitationsQuery>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return this.invitations.list(tenantId, page);
  }

  @Delete('accounts/invitations/:invitationId')
  @Operation({
    summary: 'Withdraw an invitation',
    access: 'staff',
    scope: 'accounts:manage',
    status: 204,
    problems: { 404: 'There is no such invitation' },
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
    summary: 'Accept an invitation: make the account with a password',
    description: 'Log in afterwards.',
    access: 'log-in',
    status: 201,
    result: Registered,
    problems: {
      404: 'There is no such invitation, or no longer',
      409: 'There is an account with its e-mail address',
    },
  })
  async accept(@Body({ schema: Acceptance }) { token, password }: z.infer<typeof Acceptance>) {
    const invitation = await this.invitations.of(token);
    const passwordHash = await inTurn(() => hashPassword(password));
    return this.invitations.accept(invitation, passwordHash);
  }
}
