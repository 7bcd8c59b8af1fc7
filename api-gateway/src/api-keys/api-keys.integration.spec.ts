import { newId } from '@comanda/contracts';
import { DATABASE } from '@comanda/service-kit';
import { type Database, statement } from '@comanda/storage';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { later, useTwoGateways } from '../../test/two-gateways.js';
import { newOpaqueToken } from '../auth/opaque-token.js';
import { PRESETS, type Scope } from '../auth/scopes.js';

const { one, other, call, callOther, makeTenant } = useTwoGateways({ RATE_LIMIT_PER_MINUTE: '1000' });
beforeAll(async () => {
  await makeTenant('north');
});

interface MadeKey {
  readonly keyId: string;
  readonly key: string;
}

/** Lives longer than the times that these tests let pass. */
const tokenOf = (accountId: string, scopes: readonly Scope[] = PRESETS.owner, tenantId = 'default') =>
  one.jwt.sign({ role: 'staff', scopes, tenantId }, { subject: accountId, expiresIn: 3600 });

const make = async (token: string, body: object = {}): Promise<MadeKey> => {
  const made = await call('POST', '/api-keys', {
    token,
    body: { name: 'till', scopes: ['webhooks:manage'], ...body },
  });
  expect(made.status).toBe(201);
  return made.body;
};
const eventTypes = (key: string) => call('GET', '/event-types', { headers: { 'x-api-key': key } });
const eventTypesAtOther = (key: string) =>
  callOther('GET', '/event-types', { headers: { 'x-api-key': key } });
const outcome = ({ status, body }: { status: number; body: { code?: string } }) =>
  body.code === undefined ? status : `${status} ${body.code}`;

describe('an API key', () => {
  const maker = newId();
  const token = tokenOf(maker);

  test('is shown once, in a form that scanners find, and lets in on every gateway, in either header', async () => {
    const body = { name: 'Caja 1', scopes: ['webhooks:manage', 'orders:read'] };
    const made = await call('POST', '/api-keys', { token, body });
    expect(made.status).toBe(201);
    const { key, ...view } = made.body;
    expect(key).toMatch(/^cmd_live_[0-9A-Za-z]{38}$/);
    expect(view).toEqual({
      keyId: expect.any(String),
      name: 'Caja 1',
      prefix: key.slice(0, 17),
      scopes: ['orders:read', 'webhooks:manage'],
      accountId: maker,
      createdAt: expect.any(String),
      expiresAt: null,
      lastUsedAt: null,
    });
    expect(outcome(await eventTypes(key))).toBe(200);
    expect(outcome(await eventTypesAtOther(key))).toBe(200);
    expect(outcome(await callOther('GET', '/event-types', { token: key }))).toBe(200);

    const { text, body: list } = await call('GET', '/api-keys', { token });
    expect(list.items[0]).toEqual({ ...view, lastUsedAt: expect.any(String) });
    const rows = await one.app
      .get<Database>(DATABASE)
      .acrossTenants.read(statement('SELECT * FROM api_keys'));
    for (const shown of [text, JSON.stringify(rows), JSON.stringify(one.log), JSON.stringify(other.log)])
      expect(shown).not.toContain(key);
  });

  test('acts as staff with its scopes alone, and is nobody’s account', async () => {
    const { key } = await make(token, { scopes: ['orders:read'] });
    const headers = { 'x-api-key': key };
    const missing = await call('GET', '/event-types', { headers });
    expect(outcome(missing)).toBe('403 SCOPE_MISSING');
    expect(missing.body.detail).toContain('webhooks:manage');
    const order = { body: { productId: newId(), quantity: 1 }, headers };
    expect(outcome(await call('POST', '/orders', order))).toBe('403 FORBIDDEN');
    expect(outcome(await call('GET', '/me', { headers }))).toBe('403 FORBIDDEN');
    // Past the guard; there is no broker in this test.
    expect(outcome(await call('GET', '/orders', { headers }))).toBe('503 BROKER_UNAVAILABLE');
  });

  test('gets no scope that who makes it lacks, also when that is a key', async () => {
    const integrator = tokenOf(newId(), PRESETS.integrator);
    const asked = { name: 'x', scopes: ['orders:read', 'orders:write', 'tenants:all'] };
    const refused = await call('POST', '/api-keys', { token: integrator, body: asked });
    expect(outcome(refused)).toBe('403 SCOPE_MISSING');
    expect(refused.body.detail).toContain('orders:write, tenants:all');

    const { key } = await make(integrator, { scopes: ['api-keys:manage', 'orders:read'] });
    const made = await call('POST', '/api-keys', {
      headers: { 'x-api-key': key },
      body: { name: 'made by a key', scopes: ['orders:read'] },
    });
    expect(made.status).toBe(201);
    // The account that made the key answers for what the key makes.
    expect(made.body.accountId).toBe(one.jwt.verify(integrator).sub);
    const more = await call('POST', '/api-keys', {
      headers: { 'x-api-key': key },
      body: { name: 'more', scopes: ['webhooks:manage'] },
    });
    expect(outcome(more)).toBe('403 SCOPE_MISSING');
  });

  test('may do no more than its account may by now, and dies with it', async () => {
    const account = newId();
    const { key } = await make(tokenOf(account));
    expect(outcome(await eventTypes(key))).toBe(200);
    const operator = tokenOf(newId(), PRESETS.operator);
    const change = (body: object) => call('PATCH', `/accounts/${account}`, { token: operator, body });
    expect((await change({ scopes: PRESETS.shop })).status).toBe(200);
    expect(outcome(await later(35_000, () => eventTypes(key)))).toBe('403 SCOPE_MISSING');
    expect((await change({ enabled: false })).status).toBe(200);
    expect(outcome(await later(70_000, () => eventTypes(key)))).toBe('401 ACCOUNT_CLOSED');
  });

  test('that was deleted is refused on every gateway 5 s later', async () => {
    const { key, keyId } = await make(token);
    expect([outcome(await eventTypes(key)), outcome(await eventTypesAtOther(key))]).toEqual([200, 200]);
    expect((await call('DELETE', `/api-keys/${keyId}`, { token })).status).toBe(204);
    expect((await call('DELETE', `/api-keys/${keyId}`, { token })).status).toBe(404);
    await later(5_000, async () => {
      expect(outcome(await eventTypes(key))).toBe('401 API_KEY_INVALID');
      expect(outcome(await eventTypesAtOther(key))).toBe('401 API_KEY_INVALID');
    });
  });

  test('that has expired is refused as such; it can’t be made so', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { key } = await make(token, { expiresAt });
    expect(outcome(await eventTypes(key))).toBe(200);
    expect(outcome(await later(60_000, () => eventTypes(key)))).toBe('401 API_KEY_EXPIRED');
    const body = { name: 'x', scopes: ['orders:read'], expiresAt: '2026-01-01T00:00:00Z' };
    expect((await call('POST', '/api-keys', { token, body })).body.errors).toEqual([
      { path: 'expiresAt', message: 'must be in the future' },
    ]);
  });

  test('that is none of ours is refused, and so are two callers in one request', async () => {
    const { key } = await make(token);
    const stranger = newOpaqueToken('cmd_live_').text;
    // Of the row that is found by its first characters, the rest is another one.
    const alike = await forged(key);
    for (const wrong of [stranger, alike, key.slice(0, -1), 'cmd_live_', `${key}, ${key}`, '']) {
      const refused = await eventTypes(wrong);
      expect({ wrong, outcome: outcome(refused) }).toEqual({ wrong, outcome: '401 API_KEY_INVALID' });
      expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
    const both = await call('GET', '/event-types', { token, headers: { 'x-api-key': key } });
    expect(outcome(both)).toBe('401 TOKEN_INVALID');
    // What lets anybody in takes no notice of it.
    const body = { email: 'nobody@example.org', password: 'x' };
    const logIn = await call('POST', '/auth/token', { body, headers: { 'x-api-key': 'old' } });
    expect(outcome(logIn)).toBe('401 WRONG_CREDENTIALS');
  });

  test('has its last use written down every five minutes, and not at each request', async () => {
    const { key, keyId } = await make(token);
    const lastUse = async () => {
      const { body } = await call('GET', '/api-keys', { token });
      return body.items.find((item: { keyId: string }) => item.keyId === keyId).lastUsedAt;
    };
    expect(await lastUse()).toBeNull();
    await eventTypes(key);
    const first = await lastUse();
    expect(Date.now() - Date.parse(first)).toBeLessThan(60_000);
    await later(4 * 60_000, () => eventTypes(key));
    expect(await lastUse()).toBe(first);
    await later(6 * 60_000, () => eventTypes(key));
    expect(Date.parse(await lastUse()) - Date.parse(first)).toBeGreaterThanOrEqual(6 * 60_000);
  });

  test('is a caller of its own: it is counted apart from its maker, and its Idempotency-Keys are its own', async () => {
    const { key } = await make(token, { scopes: ['api-keys:manage', 'webhooks:manage'] });
    await Promise.all([call('GET', '/event-types', { token }), call('GET', '/event-types', { token })]);
    expect((await eventTypes(key)).headers.get('ratelimit')).toMatch(/^"default";r=999;/);

    const body = { name: 'same key', scopes: ['webhooks:manage'] };
    const idempotency = { 'idempotency-key': 'the-same-key' };
    const mine = await call('POST', '/api-keys', { token, body, headers: idempotency });
    const its = await call('POST', '/api-keys', { body, headers: { ...idempotency, 'x-api-key': key } });
    expect([mine.status, its.status]).toEqual([201, 201]);
    expect(its.body.keyId).not.toBe(mine.body.keyId);
    const again = await call('POST', '/api-keys', { token, body, headers: idempotency });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const { key: _, ...view } = mine.body;
    expect(again.body).toEqual(view);
  });

  test('is of one tenant: another one neither sees nor deletes it, and it acts in its own', async () => {
    const north = tokenOf(newId(), PRESETS.owner, 'north');
    const { keyId, key } = await make(north, { scopes: ['api-keys:manage'] });
    const ids = async (options: object) =>
      (await call('GET', '/api-keys?limit=100', options)).body.items.map((item: MadeKey) => item.keyId);
    expect(await ids({ token })).not.toContain(keyId);
    expect((await call('DELETE', `/api-keys/${keyId}`, { token })).status).toBe(404);
    expect(await ids({ headers: { 'x-api-key': key } })).toEqual([keyId]);
  });
});

describe('the list of API keys', () => {
  test('has the newest first, a page at a time, and ends at a hundred', async () => {
    await makeTenant('south');
    const token = tokenOf(newId(), PRESETS.owner, 'south');
    const made: string[] = [];
    for (let at = 0; at < 100; at++) made.push((await make(token, { name: `key ${at}` })).keyId);
    const listed: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await call('GET', `/api-keys?limit=40${query}`, { token });
      listed.push(...body.items.map((item: MadeKey) => item.keyId));
      cursor = body.nextCursor;
    }
    expect(listed).toEqual(made.toReversed());
    const body = { name: 'one more', scopes: ['orders:read'] };
    expect(outcome(await call('POST', '/api-keys', { token, body }))).toBe('409 TOO_MANY_API_KEYS');
    const wrong = await call('GET', '/api-keys?cursor=x', { token });
    expect(outcome(wrong)).toBe('400 INVALID_CURSOR');
  });
});

/** A key with the first characters of another one, and a checksum that fits. */
async function forged(key: string): Promise<string> {
  const { crc32 } = await import('node:zlib');
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const text = `${key.slice(0, 17)}${'0'.repeat(24)}`;
  let rest = crc32(text);
  let digits = '';
  for (; digits.length < 6; rest = Math.floor(rest / 62)) digits = alphabet.charAt(rest % 62) + digits;
  return text + digits;
}
