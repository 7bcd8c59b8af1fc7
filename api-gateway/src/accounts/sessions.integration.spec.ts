import { newId } from '@comanda/contracts';
import { Housekeeper } from '@comanda/operations';
import { DATABASE } from '@comanda/service-kit';
import { type Database, statement } from '@comanda/storage';
import { Folder, strictLogger, testDatabaseUrl } from '@comanda/test-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Called, type GatewayUnderTest, useGateway } from '../../test/gateway-under-test.js';
import { PRESETS } from '../auth/scopes.js';
import { Accounts } from './accounts.js';
import { hashPassword } from './passwords.js';
import { Sessions, sessionRetention } from './sessions.js';
import { Tenants } from './tenants.js';

const PASSWORD = 'a good password';
const [MINUTE, DAY] = [60_000, 24 * 3_600_000];

const folder = new Folder();
afterAll(() => folder.remove());
const shared = { GATEWAY_DATABASE_URL: testDatabaseUrl(folder.file('shared.db')) };
const gateway = useGateway(shared);
const other = useGateway(shared);

let email: string;
beforeEach(async () => {
  email = `${newId()}@example.org`;
  const { status } = await gateway.call('POST', '/api/v1/auth/register', {
    body: { email, password: PASSWORD },
  });
  expect(status).toBe(201);
});

const post = (path: string, body?: unknown, headers: Record<string, string> = {}, at = gateway) =>
  at.call('POST', `/api/v1/auth/${path}`, { body, headers });
const logIn = (session: unknown = 'token', headers: Record<string, string> = {}) =>
  post('token', { email, password: PASSWORD, session }, headers);
const refresh = (refreshToken: string, { at = gateway, key = '' } = {}) =>
  post('refresh', { refreshToken }, key === '' ? {} : { 'idempotency-key': key }, at);
const outcome = ({ status, body }: Called) => [status, ...(status < 300 ? [] : [body.code])];
const sessionsOf = (token: string, at: GatewayUnderTest = gateway) =>
  at.call('GET', '/api/v1/me/sessions', { token, noNewAccount: true });
const remove = (path: string, token: string) =>
  gateway.call('DELETE', `/api/v1/me/sessions${path}`, { token, noNewAccount: true });

/** What `work` finds so much later. */
async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + ms);
  try {
    return await work();
  } finally {
    clock.mockRestore();
  }
}
/** What an access token is answered once the gateways have asked again what is open. */
const halfAMinuteLater = (token: string, at?: GatewayUnderTest) =>
  later(30_000, async () => outcome(await sessionsOf(token, at)));

describe('a session', () => {
  test('begins with a log-in that asks for it: its access tokens live for ten minutes', async () => {
    const { status, headers, body } = await logIn();
    expect(status).toBe(200);
    expect(Object.keys(body).toSorted()).toEqual(
      ['accessToken', 'expiresIn', 'refreshToken', 'sessionExpiresAt', 'sessionId', 'tokenType'].toSorted(),
    );
    const { iat, exp, sid } = gateway.jwt.verify(body.accessToken);
    expect([body.expiresIn, exp - iat, sid]).toEqual([600, 600, body.sessionId]);
    expect(headers.getSetCookie()).toEqual([]);

    const without = await post('token', { email, password: PASSWORD });
    expect(Object.keys(without.body).toSorted()).toEqual(['accessToken', 'expiresIn', 'tokenType']);
    expect(gateway.jwt.verify(without.body.accessToken)).not.toHaveProperty('sid');
    expect(without.body.expiresIn).toBe(3600);
    expect((await logIn('cookie')).status).toBe(400);
  });

  test('is refreshed at any gateway, as often as it likes: each refresh token is another one', async () => {
    const { body } = await logIn();
    const seen = [body.refreshToken];
    for (const at of [gateway, other, gateway]) {
      const answer = await refresh(seen.at(-1), { at });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ sessionId: body.sessionId, expiresIn: 600, tokenType: 'Bearer' });
      seen.push(answer.body.refreshToken);
      expect((await sessionsOf(answer.body.accessToken, at)).status).toBe(200);
    }
    expect(new Set(seen).size).toBe(4);
  });

  test('stands in the database without its refresh token', async () => {
    const { body } = await logIn();
    const rows = await gateway.app
      .get<Database>(DATABASE)
      .acrossTenants.read(statement('SELECT * FROM sessions WHERE session_id = $1'), body.sessionId);
    expect(rows).toHaveLength(1);
    for (const part of body.refreshToken.slice('cmd_refresh_default.'.length).split('.'))
      expect(JSON.stringify(rows)).not.toContain(part);
  });

  test('ends when one of its refresh tokens comes a second time, and the log says whose', async () => {
    const first = (await logIn()).body;
    const second = (await refresh(first.refreshToken)).body;
    const third = (await refresh(second.refreshToken)).body;
    expect(outcome(await refresh(first.refreshToken, { at: other }))).toEqual([401, 'REFRESH_TOKEN_REUSED']);
    expect(outcome(await refresh(third.refreshToken))).toEqual([401, 'SESSION_ENDED']);
    expect(await halfAMinuteLater(third.accessToken)).toEqual([401, 'SESSION_ENDED']);
    const { sub } = gateway.jwt.verify(first.accessToken);
    expect(other.log).toContainEqual(
      expect.objectContaining({
        msg: 'a refresh token was used a second time: its session has ended',
        ...{ accountId: sub, sessionId: first.sessionId },
      }),
    );
  });

  test('ends when a refresh token is used twice at once at two gateways, whichever of them comes first', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { body } = await logIn();
      const answers = await Promise.all([gateway, other].map((at) => refresh(body.refreshToken, { at })));
      expect(answers.map(outcome).toSorted()).toEqual([[200], [401, 'REFRESH_TOKEN_REUSED']]);
      const won = answers.find(({ status }) => status === 200)?.body;
      expect(outcome(await refresh(won.refreshToken))).toEqual([401, 'SESSION_ENDED']);
      if (round === 0) expect(await halfAMinuteLater(won.accessToken, other)).toEqual([401, 'SESSION_ENDED']);
    }
  });

  test('goes on when a client repeats under its Idempotency-Key, at once or because an answer was lost', async () => {
    const { body } = await logIn();
    const again = [
      ...(await Promise.all([gateway, other].map((at) => refresh(body.refreshToken, { at, key: 'a key' })))),
      await refresh(body.refreshToken, { key: 'a key' }),
    ];
    expect(again.map(outcome)).toEqual([[200], [200], [200]]);
    const next = again[0]?.body.refreshToken;
    expect(again.map((answer) => answer.body.refreshToken)).toEqual([next, next, next]);
    // Whoever has the token and not the key is somebody else.
    expect(outcome(await refresh(body.refreshToken, { key: 'another key' }))).toEqual([
      401,
      'REFRESH_TOKEN_REUSED',
    ]);

    const begun = (await logIn()).body;
    const used = (await refresh(begun.refreshToken, { key: 'a key' })).body;
    expect((await refresh(used.refreshToken, { key: 'a key' })).status).toBe(200);
    // The answer has arrived, since its token was used.
    expect(outcome(await refresh(begun.refreshToken, { key: 'a key' }))).toEqual([
      401,
      'REFRESH_TOKEN_REUSED',
    ]);
    expect(outcome(await refresh(begun.refreshToken, { key: 'é' }))).toEqual([
      400,
      'INVALID_IDEMPOTENCY_KEY',
    ]);
  });

  test('is untouched by what is made up: nobody ends it who has had none of its tokens', async () => {
    const { refreshToken, sessionId } = (await logIn()).body;
    const [start = '', family = '', turn = ''] = refreshToken.split('.');
    const elsewhere = start.replace('default', 'north');
    const guesses = [
      `${start}.${sessionId.replaceAll('-', '').padEnd(43, 'A')}.${turn}`,
      `${start}.${turn}.${family}`,
      `${elsewhere}.${family}.${turn}`,
      ...[`${family}.${turn}`, sessionId, `${refreshToken}.x`, `x${refreshToken}`],
    ];
    for (const guess of guesses) expect(outcome(await refresh(guess))).toEqual([401, 'SESSION_ENDED']);
    expect((await refresh(refreshToken)).status).toBe(200);
    expect(outcome(await post('refresh'))).toEqual([401, 'REFRESH_TOKEN_MISSING']);
    for (const wrong of [7, '', 'é', 'x'.repeat(251)])
      expect((await post('refresh', { refreshToken: wrong })).status).toBe(400);
  });

  test('is over a week after it was used last, and thirty days after its log-in in any case', async () => {
    let { refreshToken, accessToken } = (await logIn()).body;
    const idle = (await logIn()).body;
    expect(await later(7 * DAY, async () => outcome(await refresh(idle.refreshToken)))).toEqual([
      401,
      'SESSION_ENDED',
    ]);
    for (const day of [6, 12, 18, 24, 29]) {
      const { status, body } = await later(day * DAY, () => refresh(refreshToken));
      expect([day, status]).toEqual([day, 200]);
      ({ refreshToken, accessToken } = body);
    }
    const { items } = (await later(29 * DAY, () => sessionsOf(accessToken))).body;
    const [{ createdAt, expiresAt }] = items;
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(30 * DAY);
    expect(await later(30 * DAY + MINUTE, async () => outcome(await refresh(refreshToken)))).toEqual([
      401,
      'SESSION_ENDED',
    ]);
  });

  test('is deleted by the housekeeping once it is over', async () => {
    const database = gateway.app.get<Database>(DATABASE);
    const count = async () =>
      (await database.acrossTenants.read(statement('SELECT 1 FROM sessions WHERE account_id = $1'), account))
        .length;
    const { accessToken } = (await logIn()).body;
    const account = gateway.jwt.verify(accessToken).sub;
    const clean = (ms: number) =>
      new Housekeeper({
        ...{ database, retentions: [sessionRetention], everySeconds: 3600, logger: strictLogger },
        clock: () => new Date(Date.now() + ms),
      }).clean();
    await clean(7 * DAY - MINUTE);
    expect(await count()).toBe(1);
    await clean(7 * DAY + MINUTE);
    expect(await count()).toBe(0);
  });

  test('ends with a log-out, by any of its refresh tokens, as often as one likes', async () => {
    const first = (await logIn()).body;
    const second = (await refresh(first.refreshToken)).body;
    for (const _ of [1, 2])
      expect((await post('logout', { refreshToken: first.refreshToken }, {}, other)).status).toBe(204);
    expect(outcome(await refresh(second.refreshToken))).toEqual([401, 'SESSION_ENDED']);
    expect(await halfAMinuteLater(second.accessToken)).toEqual([401, 'SESSION_ENDED']);
    expect((await post('logout', { refreshToken: 'nonsense' })).status).toBe(204);
    expect(outcome(await post('logout'))).toEqual([401, 'REFRESH_TOKEN_MISSING']);
  });
});

describe('a session in a cookie', () => {
  const cookieOf = ({ headers }: Called) => headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const own = () => ({ origin: gateway.url });

  test('is one that scripts don’t see and other sites don’t send, and the body has no refresh token', async () => {
    const { status, headers, body } = await logIn(true, own());
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('refreshToken');
    const [cookie = '', ...more] = headers.getSetCookie();
    expect(more).toEqual([]);
    // Plain HTTP on this machine: not every browser would take a secure cookie there.
    expect(cookie).toMatch(
      /^comanda_refresh=cmd_refresh_default\.[\w-]{43}\.[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/api\/v1\/auth; Max-Age=(604800|604799)$/,
    );
    const overTls = await logIn(true, { origin: gateway.url.replace('http:', 'https:') });
    expect(overTls.headers.getSetCookie()[0]).toMatch(/; HttpOnly; SameSite=Strict; Secure; Path=/);
  });

  test('is refreshed and ended by it', async () => {
    const first = await logIn(true, own());
    const second = await post('refresh', undefined, { ...own(), cookie: `a=b; ${cookieOf(first)}` });
    expect(second.status).toBe(200);
    expect(second.body).not.toHaveProperty('refreshToken');
    expect(cookieOf(second)).not.toBe(cookieOf(first));
    expect((await sessionsOf(second.body.accessToken)).status).toBe(200);
    const out = await post('logout', undefined, { ...own(), cookie: cookieOf(second) });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toMatch(/^comanda_refresh=;.* Max-Age=0$/);
    const over = await post('refresh', undefined, { ...own(), cookie: cookieOf(second) });
    expect(outcome(over)).toEqual([401, 'SESSION_ENDED']);
    expect(over.headers.getSetCookie()[0]).toMatch(/^comanda_refresh=;.* Max-Age=0$/);
  });

  test('is for pages of the very same origin: to others it is neither given, nor renewed, nor ended', async () => {
    const cookie = cookieOf(await logIn(true, own()));
    const port = new URL(gateway.url).port;
    const strangers = [
      ...['https://evil.example', 'null', 'http://127.0.0.1', `http://127.0.0.1.evil.example:${port}`],
      ...[`http://localhost:${port}`, `${gateway.url}@evil.example`, 'nonsense'],
    ].map((origin): Record<string, string> => ({ origin }));
    for (const headers of [...strangers, {}]) {
      const answers = [
        await logIn(true, headers),
        await post('refresh', undefined, { ...headers, cookie }),
        await post('logout', undefined, { ...headers, cookie }),
      ];
      expect(answers.map(outcome)).toEqual(answers.map(() => [403, 'ORIGIN_NOT_ALLOWED']));
      expect(answers.flatMap((answer) => answer.headers.getSetCookie())).toEqual([]);
    }
    expect((await post('refresh', undefined, { ...own(), cookie })).status).toBe(200);
  });

  test('is none when there are two of its name: one may be slipped in by another host', async () => {
    const cookie = cookieOf(await logIn(true, own()));
    const twice = await post('refresh', undefined, { ...own(), cookie: `${cookie}; ${cookie}` });
    expect(outcome(twice)).toEqual([401, 'REFRESH_TOKEN_MISSING']);
    expect((await post('refresh', undefined, { ...own(), cookie })).status).toBe(200);
  });
});

describe('the sessions of an account', () => {
  const listed = async (token: string) =>
    (await sessionsOf(token)).body.items.map(({ sessionId }: { sessionId: string }) => sessionId);

  test('are listed, the one that was used last first, and say which is which', async () => {
    const first = (await logIn('token', { 'user-agent': 'A till, \u00e9tage 2' })).body;
    const second = (await logIn('token', { 'user-agent': 'x'.repeat(500) })).body;
    const { refreshToken: _, ...refreshed } = (await later(MINUTE, () => refresh(first.refreshToken))).body;
    const { items } = (await sessionsOf(refreshed.accessToken)).body;
    expect(items).toEqual([
      {
        ...{ sessionId: first.sessionId, userAgent: 'A till, ?tage 2', current: true },
        ...{ createdAt: expect.any(String), usedAt: expect.any(String), expiresAt: expect.any(String) },
      },
      expect.objectContaining({ sessionId: second.sessionId, userAgent: 'x'.repeat(200), current: false }),
    ]);
  });

  test('are ended one by one by their owner, and by nobody else', async () => {
    const mine = [(await logIn()).body, (await logIn()).body];
    const [kept, ended] = mine.map(({ sessionId }) => sessionId);
    const somebody = gateway.token('customer');
    await gateway.call('GET', '/api/v1/me/sessions', { token: somebody });
    expect(outcome(await remove(`/${ended}`, somebody))).toEqual([404, 'NOT_FOUND']);
    expect(await listed(somebody)).toEqual([]);
    expect((await remove(`/${ended}`, mine[0].accessToken)).status).toBe(204);
    expect(outcome(await remove(`/${ended}`, mine[0].accessToken))).toEqual([404, 'NOT_FOUND']);
    expect(await listed(mine[0].accessToken)).toEqual([kept]);
    expect(outcome(await refresh(mine[1].refreshToken))).toEqual([401, 'SESSION_ENDED']);
    expect((await remove('/nonsense', mine[0].accessToken)).status).toBe(400);
  });

  test('are ended all at once', async () => {
    const mine = [(await logIn()).body, (await logIn(true, { origin: gateway.url })).body];
    expect((await remove('', mine[0].accessToken)).status).toBe(204);
    for (const { accessToken } of mine)
      expect(await halfAMinuteLater(accessToken)).toEqual([401, 'SESSION_ENDED']);
    expect(outcome(await refresh(mine[0].refreshToken))).toEqual([401, 'SESSION_ENDED']);
  });

  const stored = async () => {
    const account = await gateway.app.get(Accounts).find('default', email);
    if (!account) throw new Error('it was made before the test');
    return account;
  };

  test('end with a new password, also those that were begun with the old one meanwhile, and with the account', async () => {
    const accounts = gateway.app.get(Accounts);
    const account = await stored();
    const first = (await logIn()).body;
    await accounts.setPassword(account, await hashPassword(PASSWORD));
    expect(await gateway.app.get(Sessions).begin(account, undefined)).toBeUndefined();
    expect(outcome(await refresh(first.refreshToken))).toEqual([401, 'SESSION_ENDED']);
    const second = (await logIn()).body;
    await accounts.close(account, new Date().toISOString());
    expect(outcome(await refresh(second.refreshToken))).toEqual([401, 'SESSION_ENDED']);
    expect(await halfAMinuteLater(second.accessToken)).toEqual([401, 'SESSION_ENDED']);
  });

  test('end with a new password, and half a minute later the tokens of log-ins that have none', async () => {
    const accounts = gateway.app.get(Accounts);
    const before = (await post('token', { email, password: PASSWORD })).body.accessToken;
    expect(outcome(await sessionsOf(before))).toEqual([200]);
    // The same one: it was stolen, and its owner insists.
    await accounts.setPassword(await stored(), await hashPassword(PASSWORD));
    const after = (await post('token', { email, password: PASSWORD })).body.accessToken;
    expect(await halfAMinuteLater(before)).toEqual([401, 'SESSION_ENDED']);
    expect(await halfAMinuteLater(after)).toEqual([200]);
    // Nobody learns from a token anything about the password, not even its hash.
    const { passwordHash } = await stored();
    const claims = gateway.jwt.verify(after);
    expect(claims.pwm).toMatch(/^[\w-]{22}$/);
    expect(JSON.stringify(claims)).not.toContain(passwordHash.split('$').at(-1));
  });

  test('are a hundred at most: one more ends the one that was used longest ago', async () => {
    const { sessionId, accessToken, refreshToken } = (await logIn()).body;
    const account = await stored();
    const sessions = gateway.app.get(Sessions);
    for (let made = 1; made < 100; made += 1) await sessions.begin(account, undefined);
    expect(await listed(accessToken)).toContain(sessionId);
    await sessions.begin(account, undefined);
    expect(outcome(await refresh(refreshToken))).toEqual([401, 'SESSION_ENDED']);
  });
});

describe('another tenant', () => {
  beforeAll(() => gateway.app.get(Tenants).add('north', new Date().toISOString()));

  test('has sessions of its own, which an account of the same id elsewhere neither sees nor ends', async () => {
    const body = { tenant: 'north', email, password: PASSWORD };
    expect((await post('register', body)).status).toBe(201);
    const session = (await post('token', { ...body, session: 'token' })).body;
    const { sub } = gateway.jwt.verify(session.accessToken);
    const token = gateway.token('customer', sub);
    expect((await gateway.call('GET', '/api/v1/me/sessions', { token })).body.items).toEqual([]);
    expect((await remove(`/${session.sessionId}`, token)).status).toBe(404);
    expect((await remove('', token)).status).toBe(204);
    const refreshed = await refresh(session.refreshToken, { at: other });
    expect(refreshed.status).toBe(200);
    expect(gateway.jwt.verify(refreshed.body.accessToken)).toMatchObject({ tenantId: 'north', sub });
  });
});

describe('an operator', () => {
  let operator: string;
  beforeAll(() => gateway.app.get(Tenants).add('south', new Date().toISOString()));
  beforeEach(async () => {
    const account = { tenantId: 'default', accountId: newId(), email: `${newId()}@example.org` };
    const made = { role: 'staff' as const, scopes: PRESETS.operator, createdAt: new Date().toISOString() };
    await gateway.app.get(Accounts).add({ ...account, ...made, passwordHash: await hashPassword(PASSWORD) });
    operator = account.accountId;
    email = account.email;
  });
  const as = (token: string, method: string, path: string, body?: unknown, at = gateway) =>
    at.call(method, `/api/v1${path}`, { token, body, noNewAccount: true });
  const change = (token: string, tenant: unknown, at = gateway) =>
    as(token, 'POST', '/auth/switch', { tenant }, at);
  const whereIs = (token: string) => {
    const { tenantId, home } = gateway.jwt.verify(token);
    return [tenantId, home];
  };

  test('acts in another tenant, at any gateway, is still who they are, and comes back', async () => {
    const begun = (await logIn()).body;
    const { status, body } = await change(begun.accessToken, 'south');
    expect(status).toBe(200);
    expect(body).toEqual({
      ...{ accessToken: expect.any(String), tokenType: 'Bearer', expiresIn: 600 },
      ...{ sessionId: begun.sessionId, sessionExpiresAt: begun.sessionExpiresAt },
    });
    const me = (await as(body.accessToken, 'GET', '/me', undefined, other)).body;
    expect(me).toEqual({
      ...{ accountId: operator, email, name: null, role: 'staff', scopes: PRESETS.operator, locale: 'en' },
      ...{ preferences: {}, tenantId: 'south', homeTenantId: 'default' },
      tenants: expect.arrayContaining(['default', 'south']),
    });
    // Their own stays their own, what is the tenant’s is that of the tenant.
    await as(body.accessToken, 'PATCH', '/me', { name: 'Olga' });
    expect((await as(begun.accessToken, 'GET', '/me')).body).toMatchObject({
      name: 'Olga',
      tenantId: 'default',
    });
    expect((await as(body.accessToken, 'GET', '/me/sessions')).body.items).toHaveLength(1);
    expect((await as(body.accessToken, 'GET', '/accounts')).body.items).toEqual([]);
    expect((await as(begun.accessToken, 'GET', '/accounts')).body.items.length).toBeGreaterThan(0);

    const refreshed = (await refresh(begun.refreshToken, { at: other })).body;
    expect(whereIs(refreshed.accessToken)).toEqual(['south', 'default']);
    const back = (await change(refreshed.accessToken, 'default', other)).body;
    expect(whereIs(back.accessToken)).toEqual(['default', undefined]);
    expect((await as(back.accessToken, 'GET', '/me')).body).not.toHaveProperty('homeTenantId');
    expect(whereIs((await refresh(refreshed.refreshToken)).body.accessToken)).toEqual(['default', undefined]);

    const lines = gateway.log.filter(({ caller }) => caller === operator);
    expect(lines).toContainEqual(
      expect.objectContaining({
        homeTenantId: 'default',
        tenantId: 'south',
        correlationId: expect.any(String),
      }),
    );
    expect(
      lines
        .filter(({ path }) => path === '/api/v1/accounts')
        .map(({ tenantId, homeTenantId }) => [tenantId, homeTenantId]),
    ).toEqual([
      ['south', 'default'],
      [undefined, undefined],
    ]);
  });

  test('gains no time by it without a session', async () => {
    const { accessToken } = (await post('token', { email, password: PASSWORD })).body;
    const { exp } = gateway.jwt.verify(accessToken);
    const elsewhere = await later(20 * MINUTE, () => change(accessToken, 'south'));
    expect(elsewhere.body.expiresIn).toBeLessThanOrEqual(40 * 60);
    expect(elsewhere.body).not.toHaveProperty('sessionId');
    expect(gateway.jwt.verify(elsewhere.body.accessToken).exp).toBe(exp);
    await gateway.app.get(Accounts).setPassword(await found(), await hashPassword('another good one'));
    const after = () => sessionsOf(elsewhere.body.accessToken);
    expect(outcome(await later(21 * MINUTE, after))).toEqual([401, 'SESSION_ENDED']);
  });

  const found = async () => {
    const account = await gateway.app.get(Accounts).find('default', email);
    if (!account) throw new Error('it was made before the test');
    return account;
  };

  test('who may not any more is refused there half a minute later, and back at home after a refresh', async () => {
    const begun = (await logIn()).body;
    const { accessToken } = (await change(begun.accessToken, 'south')).body;
    await gateway.app.get(Accounts).setScopes(await found(), PRESETS.owner);
    expect(await halfAMinuteLater(accessToken)).toEqual([401, 'SESSION_ENDED']);
    const { body } = await refresh(begun.refreshToken);
    expect(whereIs(body.accessToken)).toEqual(['default', undefined]);
    // Given again, it begins where it was.
    await gateway.app.get(Accounts).setScopes(await found(), PRESETS.operator);
    expect(whereIs((await refresh(body.refreshToken)).body.accessToken)).toEqual(['south', 'default']);
  });

  test('goes to no tenant that there is not, makes no keys or staff of another one, and nobody else goes anywhere', async () => {
    const { accessToken } = (await logIn()).body;
    const unknown = await change(accessToken, 'nowhere');
    expect(outcome(unknown)).toEqual([404, 'UNKNOWN_TENANT']);
    expect(unknown.headers.get('content-type')).toContain('application/problem+json');
    expect((await change(accessToken, 'No Name')).status).toBe(400);
    const elsewhere = (await change(accessToken, 'south')).body.accessToken;
    const key = { name: 'a key', scopes: ['orders:read'] };
    const guest = { email: `${newId()}@example.org`, scopes: ['orders:read'], locale: 'en' };
    expect(outcome(await as(elsewhere, 'POST', '/api-keys', key))).toEqual([403, 'FORBIDDEN']);
    expect(outcome(await as(elsewhere, 'POST', '/accounts/invitations', guest))).toEqual([403, 'FORBIDDEN']);
    const made = await as(accessToken, 'POST', '/api-keys', { name: 'a key', scopes: ['tenants:all'] });
    const byKey = await post('switch', { tenant: 'south' }, { 'x-api-key': made.body.key });
    expect(outcome(byKey)).toEqual([403, 'FORBIDDEN']);
    for (const kind of ['customer', 'staff'] as const)
      expect(
        outcome(
          await gateway.call('POST', '/api/v1/auth/switch', {
            token: gateway.token(kind),
            body: { tenant: 'south' },
          }),
        ),
      ).toEqual([403, 'SCOPE_MISSING']);
    await as(accessToken, 'DELETE', '/me/sessions');
    expect(outcome(await change(accessToken, 'south'))).toEqual([401, 'SESSION_ENDED']);
  });
});
