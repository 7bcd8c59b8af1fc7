import { Id, pageOfEach } from '@comanda/contracts';
import { Body, Controller, Get, Inject, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, CurrentCaller, Role } from '../auth/caller.js';
import { GivenScopes } from '../auth/giving.js';
import type { Scope } from '../auth/scopes.js';
import { createdAt, nextCursor, staffId } from '../description/examples.js';
import { named } from '../description/named.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { pageQuery } from '../routes/page-query.js';
import { AccountView, People } from './people.js';

const AccountParams = z.strictObject({ accountId: Id });
const AccountsQuery = z.strictObject({ role: Role.optional(), ...pageQuery });
const scopes: Scope[] = ['orders:read', 'orders:write'];
const Change = named(
  'AccountChange',
  z
    .strictObject({ scopes: GivenScopes.optional(), enabled: z.boolean().optional() })
    .refine((change) => Object.keys(change).length > 0, 'must name at least one field to change'),
  { scopes },
);
const account = {
  ...{ accountId: staffId, email: 'name@example.org', name: 'Ana Ruiz' },
  ...{ role: 'staff' as const, scopes, enabled: true, createdAt },
};
const AnAccount = named('Account', AccountView, account);
const AccountPage = named('AccountPage', pageOfEach(AnAccount), { items: [account], nextCursor });

/** Who is who in a tenant, and what they may do. */
@ApiTags('accounts')
@Controller(`${API}/accounts`)
export class AccountsController {
  constructor(@Inject(People) private readonly people: People) {}

  @Get()
  @Operation({
    id: 'listAccounts',
    summary: 'Accounts by e-mail address, closed ones as well',
    access: 'staff',
    scope: 'accounts:manage',
    result: AccountPage,
  })
  list(
    @Query({ schema: AccountsQuery }) query: z.infer<typeof AccountsQuery>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return this.people.list(tenantId, query);
  }

  @Patch(':accountId')
  @Operation({
    id: 'changeAccount',
    summary: 'Change what somebody may do, close an account or open it again',
    description:
      'Effective within a minute, for tokens and API keys that are in use as well. An account that may do more than the caller is not theirs to change, and the last owner of a tenant stays one.',
    access: 'staff',
    scope: 'accounts:manage',
    result: AnAccount,
    problems: { 404: ['NOT_FOUND'], 409: ['LAST_OWNER'] },
  })
  change(
    @Param({ schema: AccountParams }) { accountId }: z.infer<typeof AccountParams>,
    @Body({ schema: Change }) change: z.infer<typeof Change>,
    @CurrentCaller() caller: Caller,
  ): Promise<AccountView> {
    return this.people.change(caller, accountId, change);
  }
}
