import { TenantId } from '@comanda/contracts';
import { LOGGER } from '@comanda/service-kit';
import { Body, Controller, Inject, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { AccessTokens } from '../auth/access-tokens.js';
import { accountOf, actingIn, type Caller, CurrentCaller } from '../auth/caller.js';
import { FOR_ALL_TENANTS } from '../auth/scopes.js';
import { named } from '../description/named.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { AccessToken } from './session-answer.js';
import { Sessions } from './sessions.js';
import { Tenants } from './tenants.js';

const Switch = named('TenantSwitch', z.strictObject({ tenant: TenantId }), { tenant: 'north' });

/** Operators act in the tenants of the installation, one at a time. */
@ApiTags('auth')
@Controller(`${API}/auth`)
export class SwitchController {
  constructor(
    @Inject(Tenants) private readonly tenants: Tenants,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post('switch')
  @Operation({
    id: 'switchTenant',
    summary: 'An access token for another tenant, or for one’s own again',
    description:
      'The token that asks stays good. A session keeps the tenant when it is refreshed; without a session the new token ends when the old one would have. What is one’s own (`/me`) stays so; API keys and invitations are made by accounts of the tenant itself.',
    access: 'account',
    scope: FOR_ALL_TENANTS,
    result: AccessToken,
    problems: { 404: ['UNKNOWN_TENANT'] },
  })
  async switch(
    @Body({ schema: Switch }) { tenant }: z.infer<typeof Switch>,
    @CurrentCaller() caller: Caller,
    @Req() { id: correlationId }: FastifyRequest,
  ): Promise<AccessToken> {
    if (!(await this.tenants.has(tenant)))
      throw new Problem(
        404,
        'UNKNOWN_TENANT',
        `There is no tenant ${tenant}. GET /me lists those that there are.`,
      );
    const { tenantId: homeTenantId, accountId } = accountOf(caller);
    const sessionExpiresAt = await this.#keptInSession(caller, tenant);
    const issued = await this.tokens.issue(actingIn(caller, tenant));
    this.logger.info(
      { caller: accountId, homeTenantId, tenantId: tenant, correlationId },
      `an operator of ${homeTenantId} acts in ${tenant} from now on`,
    );
    const { sessionId } = caller;
    return {
      ...issued,
      tokenType: 'Bearer',
      ...(sessionId !== undefined && { sessionId, sessionExpiresAt }),
    };
  }

  /** When the session is over; `undefined` without one. */
  async #keptInSession(caller: Caller, tenant: string): Promise<string | undefined> {
    if (caller.sessionId === undefined) return undefined;
    const expiresAt = await this.sessions.actIn(accountOf(caller), caller.sessionId, tenant);
    if (expiresAt !== undefined) return expiresAt;
    throw new Problem(401, 'SESSION_ENDED', 'The session of this token is over. Log in again.');
  }
}
