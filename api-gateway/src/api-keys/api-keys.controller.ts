import { Id, pageOfEach, Timestamp, text } from '@comanda/contracts';
import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, CurrentCaller } from '../auth/caller.js';
import { accountBehind, GivenScopes, refuseToGiveMore } from '../auth/giving.js';
import { API_KEY_PREFIX } from '../auth/known-keys.js';
import { newOpaqueToken } from '../auth/opaque-token.js';
import type { Scope } from '../auth/scopes.js';
import { createdAt, nextCursor, staffId } from '../description/examples.js';
import { named } from '../description/named.js';
import { Problem } from '../problems/problem.js';
import { invalidFields } from '../problems/validation.js';
import { API } from '../routes/api.js';
import { IdempotentId } from '../routes/idempotent-id.js';
import { Operation } from '../routes/operation.js';
import { pageQuery } from '../routes/page-query.js';
import { ApiKeys, ApiKeyView, MOST_KEYS } from './api-keys.js';

const KeyParams = z.strictObject({ keyId: Id });
type KeyParams = z.infer<typeof KeyParams>;
const KeysQuery = z.strictObject(pageQuery);
const example = { name: 'Till 1', scopes: ['orders:read', 'orders:write'] as Scope[] };
const NewKey = named(
  'NewApiKey',
  z.strictObject({
    name: text(100),
    scopes: GivenScopes,
    expiresAt: Timestamp.optional().describe('Never when left out'),
  }),
  example,
);
const apiKey = {
  ...{ keyId: '0192d1a4-0000-7000-8000-00000000f001', ...example, prefix: 'cmd_live_4fGh2k9Q' },
  ...{ accountId: staffId, createdAt, expiresAt: null, lastUsedAt: null },
};
const ApiKey = named('ApiKey', ApiKeyView, apiKey);
const ApiKeyPage = named('ApiKeyPage', pageOfEach(ApiKey), { items: [apiKey], nextCursor });
const CreatedKey = named(
  'CreatedApiKey',
  ApiKeyView.extend({
    key: z.string().optional().describe('Shown this once; send it as `X-API-Key` or as a bearer token'),
  }),
  { ...apiKey, key: `cmd_live_${'4fGh2k9Q'.repeat(4)}2Xk0aB` },
);

/** Keys for programs, which act as staff of their tenant. */
@ApiTags('API keys')
@Controller(`${API}/api-keys`)
export class ApiKeysController {
  constructor(@Inject(ApiKeys) private readonly keys: ApiKeys) {}

  @Post()
  @Operation({
    id: 'addApiKey',
    summary: 'Make an API key',
    description:
      'The answer shows the key, this once: keep it. A replayed answer (Idempotency-Key) lacks it. A key may do what its scopes say, and never more than the account that made it. It is refused when that account is closed.',
    access: 'staff',
    scope: 'api-keys:manage',
    status: 201,
    result: CreatedKey,
    problems: { 409: ['TOO_MANY_API_KEYS'] },
    idempotent: true,
  })
  async create(
    @Body({ schema: NewKey }) { name, scopes, expiresAt }: z.infer<typeof NewKey>,
    @IdempotentId({ names: 'api-key' }) keyId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<z.infer<typeof CreatedKey>> {
    const createdAt = new Date().toISOString();
    if (expiresAt !== undefined && expiresAt <= createdAt)
      throw invalidFields([{ path: 'expiresAt', message: 'must be in the future' }]);
    refuseToGiveMore(caller, scopes);
    const token = newOpaqueToken(API_KEY_PREFIX);
    const { tenantId } = caller;
    const made = await this.keys.add(
      {
        tenantId,
        keyId,
        name,
        scopes,
        accountId: accountBehind(caller),
        createdAt,
        expiresAt: expiresAt ?? null,
      },
      token,
    );
    if (!made)
      throw new Problem(
        409,
        'TOO_MANY_API_KEYS',
        `There are ${MOST_KEYS} API keys already. Delete one that is not in use.`,
      );
    return { ...made.view, ...(made.new && { key: token.text }) };
  }

  @Get()
  @Operation({
    id: 'listApiKeys',
    summary: 'API keys, newest first',
    access: 'staff',
    scope: 'api-keys:manage',
    result: ApiKeyPage,
  })
  list(@Query({ schema: KeysQuery }) page: z.infer<typeof KeysQuery>, @CurrentCaller() { tenantId }: Caller) {
    return this.keys.list(tenantId, page);
  }

  @Delete(':keyId')
  @Operation({
    id: 'deleteApiKey',
    summary: 'Delete an API key',
    description: 'It is refused within 5 s, on every instance of the gateway.',
    access: 'staff',
    scope: 'api-keys:manage',
    status: 204,
    problems: { 404: ['NOT_FOUND'] },
  })
  async remove(
    @Param({ schema: KeyParams }) { keyId }: KeyParams,
    @CurrentCaller() { tenantId }: Caller,
  ): Promise<void> {
    if (await this.keys.remove(tenantId, keyId)) return;
    throw new Problem(404, 'NOT_FOUND', 'There is no such API key.');
  }
}
