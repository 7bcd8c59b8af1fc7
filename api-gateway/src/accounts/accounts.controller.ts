import { Id, pageOfEach } from '@comanda/contracts';
import { Body, Controller, Get, Inject, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, CurrentCaller, Role } from '../auth/caller.js';
import { GivenScopes } from '../auth/giving.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { pageQuery } from '../routes/page-query.js';
import { AccountView, People } from './people.js';

const AccountParams = z.strictObject({ accountId: Id });
const AccountsQuery = z.strictObject({ role: Role.optional(), ...pageQuery });
const Change = z
  .strictObject({ scopes: GivenScopes.optional(), enabled: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, 'must name at least one field to change');

/** Who is who in a tenant, and what they may do. */
@ApiTags('accounts')
@Controller(`${API}/accounts`)
export class AccountsController {
  constructor(@Inject(People) private readonly people: People) {}

  @Get()
  @Operation({
    summary: 'Accounts by e-mail address, closed ones as well',
    access: 'staff',
    scope: 'accounts:manage',
    result: pageOfEach(AccountView),
  })
  list(
    @Query({ schema: AccountsQuery }) query: z.infer<typeof AccountsQuery>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return this.people.list(tenantId, query);
  }

  @Patch(':accountId')
  @Operation({
    summary: 'Change what somebody may do, close an account or open it again',
    description:
      'Effective within a minute, for tokens and API keys that are in use as well. An account that may do more than the caller is not theirs to change, and the last owner of a tenant stays one.',
    access: 'staff',
    scope: 'accounts:manage',
    result: AccountView,
    problems: {
      403: 'For another role (`FORBIDDEN`), without the scope `accounts:manage`, or the account has or was to get a scope that the caller lacks (`SCOPE_MISSING`)',
      404: 'There is no such account',
      409: 'It is the last owner of the tenant',
    },
  })
  change(
    @Param({ schema: AccountParams }) { accountId }: z.infer<typeof AccountParams>,
    @Body({ schema: Change }) change: z.infer<typeof Change>,
    @CurrentCaller() caller: Caller,
  ): Promise<AccountView> {
    return this.people.change(caller, accountId, change);
  }
}
