import { DEFAULT_TENANT, Id, StoredText, TenantId, text } from '@comanda/contracts';
import { Body, Controller, Get, Inject, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { accountOf, type Caller, CurrentCaller, Role } from '../auth/caller.js';
import { FOR_ALL_TENANTS, Scope } from '../auth/scopes.js';
import { staffId } from '../description/examples.js';
import { named } from '../description/named.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { Accounts } from './accounts.js';
import { NewPassword, Password } from './credentials.js';
import { Guesses } from './guesses.js';
import { Locale } from './locale.js';
import { inTurn } from './password-turns.js';
import { fitOf, hashPassword } from './passwords.js';
import { Preferences, type Profile, Profiles } from './profiles.js';
import { Tenants } from './tenants.js';

const PREFERENCES_BYTES = 8 * 1024;

const me = {
  ...{ accountId: staffId, email: 'name@example.org', name: 'Ana Ruiz', role: 'staff' as const },
  ...{ scopes: ['orders:read', 'orders:write'] as Scope[], tenantId: DEFAULT_TENANT },
  ...{ locale: 'en' as const, preferences: { theme: 'dark' } },
};
const Me = named(
  'Me',
  z.object({
    accountId: Id,
    email: z.string(),
    name: StoredText.nullable(),
    role: Role,
    scopes: z.array(Scope).readonly().describe('What this token may do'),
    tenantId: TenantId,
    homeTenantId: TenantId.optional().describe('The tenant of the account, while it acts in another one'),
    tenants: z.array(TenantId).optional().describe('All there are, for who may act for all of them'),
    locale: Locale,
    preferences: Preferences,
  }),
  me,
);
type Me = z.infer<typeof Me>;

const Change = named(
  'MyChange',
  z
    .strictObject({
      name: text(100).nullable().optional(),
      locale: Locale.optional(),
      preferences: Preferences.refine(
        (preferences) => Buffer.byteLength(JSON.stringify(preferences)) <= PREFERENCES_BYTES,
        'must have at most 8 KiB as JSON',
      )
        .optional()
        .describe('What a program keeps for its user; it takes the place of what was there'),
    })
    .refine((change) => Object.keys(change).length > 0, 'must name at least one field to change'),
  { name: 'Ana Ruiz', preferences: { theme: 'dark' } },
);
const PasswordChange = named('PasswordChange', z.strictObject({ current: Password, password: NewPassword }), {
  current: 'correct horse battery',
  password: 'staple correct horse',
});

/** The account of who asks. */
@ApiTags('me')
@Controller(`${API}/me`)
export class MeController {
  constructor(
    @Inject(Profiles) private readonly profiles: Profiles,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(Tenants) private readonly tenants: Tenants,
    @Inject(Guesses) private readonly guesses: Guesses,
  ) {}

  @Get()
  @Operation({
    id: 'me',
    summary: 'Who I am and what I may do',
    access: 'account',
    scope: 'none',
    result: Me,
  })
  async get(@CurrentCaller() caller: Caller): Promise<Me> {
    return this.#me(caller, await this.profiles.of(accountOf(caller)));
  }

  @Patch()
  @Operation({
    id: 'changeMe',
    summary: 'Change my name, language or preferences',
    access: 'account',
    scope: 'none',
    result: Me,
  })
  async change(
    @Body({ schema: Change }) change: z.infer<typeof Change>,
    @CurrentCaller() caller: Caller,
  ): Promise<Me> {
    return this.#me(caller, await this.profiles.change(accountOf(caller), change));
  }

  @Post('password')
  @CountedIn('auth')
  @Operation({
    id: 'changePassword',
    summary: 'Change my password',
    description:
      'It ends my other sessions and, half a minute later, tokens without a session, this one as well. API keys stay as they are.',
    access: 'account',
    scope: 'none',
    status: 204,
    problems: { 403: ['WRONG_CREDENTIALS'], 429: ['TOO_MANY_FAILURES', 'TOO_MANY_LOG_INS'] },
  })
  async changePassword(
    @Body({ schema: PasswordChange }) { current, password }: z.infer<typeof PasswordChange>,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    const mine = accountOf(caller);
    const profile = await this.profiles.of(mine);
    const account = profile && (await this.accounts.find(mine.tenantId, profile.email));
    if (!account) throw closed();
    const right = await this.guesses.guess(
      account,
      async () => (await fitOf(account.passwordHash, current)) !== 'differs',
    );
    if (!right)
      throw new Problem(403, 'WRONG_CREDENTIALS', 'current: this is not the password of the account.');
    await this.accounts.setPassword(account, await inTurn(() => hashPassword(password)), caller.sessionId);
  }

  async #me(
    { accountId, role, scopes, tenantId, homeTenantId }: Caller,
    profile: Profile | undefined,
  ): Promise<Me> {
    if (!profile) throw closed();
    const tenants = scopes.includes(FOR_ALL_TENANTS) ? { tenants: await this.tenants.list() } : {};
    return { accountId, role, scopes, tenantId, homeTenantId, ...profile, ...tenants };
  }
}

/** It was open when the request came in. */
const closed = (): Problem => new Problem(401, 'ACCOUNT_CLOSED', 'The account of this token is closed.');
