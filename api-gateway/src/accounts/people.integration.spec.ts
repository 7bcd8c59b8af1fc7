import { newId } from '@comanda/contracts';
import { DATABASE } from '@comanda/service-kit';
import { type Database, statement } from '@comanda/storage';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { later, useTwoGateways } from '../../test/two-gateways.js';
import { PRESETS, type Scope } from '../auth/scopes.js';

const PASSWORD = 'a good password';
const { one, other, call, callOther, makeTenant } = useTwoGateways({ COMANDA_DEMO: 'true' });
beforeAll(async () => {
  await makeTenant('north');
});

const tokenOf = (accountId: string, scopes: readonly Scope[] = PRESETS.owner, tenantId = 'default') =>
  one.jwt.sign({ role: 'staff', scopes, tenantId }, { subject: accountId, expiresIn: 3600 });
const owner = tokenOf(newId());
const operator = tokenOf(newId(), PRESETS.operator);

let people = 0;
const anAddress = () => `person${++people}@example.org`;
const invite = (body: object = {}, token = owner) =>
  call('POST', '/accounts/invitations', {
    token,
    body: { email: anAddress(), scopes: PRESETS.shop, ...body },
  });
const accept = (token: string, gateway = call) =>
  gateway('POST', '/auth/accept-invitation', { body: { token, password: PASSWORD } });
const logIn = (email: string, password = PASSWORD, tenant = 'default') =>
  call('POST', '/auth/token', { body: { email, password, tenant } });
/** Somebody who was invited, has accepted, and is logged in. */
async function somebody(scopes: readonly Scope[] = PRESETS.shop, token = owner, tenant = 'default') {
  const { body } = await invite({ scopes }, token);
  const accepted = await accept(body.token);
  expect(accepted.status).toBe(201);
  const session = await logIn(body.email, PASSWORD, tenant);
  return {
    email: body.email as string,
    accountId: accepted.body.accountId as string,
    token: session.body.accessToken as string,
  };
}
const outcome = ({ status, body }: { status: number; body: { code?: string } | undefined }) =>
  body?.code === undefined ? status : `${status} ${body.code}`;

describe('an invitation', () => {
  test('is a link that is shown once; who has it becomes staff with these scopes, once', async () => {
    const body = { email: 'Eva@Example.org', scopes: ['products:read', 'orders:read'], locale: 'es' };
    const made = await call('POST', '/accounts/invitations', { token: owner, body });
    expect(made.status).toBe(201);
    const { token, link, ...view } = made.body;
    expect(token).toMatch(/^cmd_invite_[0-9A-Za-z]{38}$/);
    expect(link).toBe(`/console/accept-invitation#token=${token}`);
    expect(view).toEqual({
      invitationId: expect.any(String),
      email: 'eva@example.org',
      scopes: ['orders:read', 'products:read'],
      locale: 'es',
      invitedBy: one.jwt.verify(owner).sub,
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
    });
    expect(Date.parse(view.expiresAt) - Date.parse(view.createdAt)).toBe(7 * 24 * 3_600_000);
    const listed = await call('GET', '/accounts/invitations', { token: owner });
    expect(listed.body.items).toEqual([view]);
    const rows = await one.app
      .get<Database>(DATABASE)
      .acrossTenants.read(statement('SELECT * FROM invitations'));
    for (const shown of [listed.text, JSON.stringify(rows), JSON.stringify(one.log)])
      expect(shown).not.toContain(token);

    // Twenty times at once, on both gateways.
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => accept(token, at % 2 === 0 ? call : callOther)),
    );
    const accepted = answers.filter(({ status }) => status === 201);
    expect(accepted).toHaveLength(1);
    expect(accepted[0]?.body).toEqual({
      accountId: expect.any(String),
      email: 'eva@example.org',
      role: 'staff',
      createdAt: expect.any(String),
    });
    expect(new Set(answers.map(outcome))).toEqual(new Set([201, '404 INVITATION_INVALID']));
    expect((await call('GET', '/accounts/invitations', { token: owner })).body.items).toEqual([]);

    const session = await logIn('eva@example.org');
    const me = await call('GET', '/me', { token: session.body.accessToken });
    expect(me.body).toEqual({
      accountId: accepted[0]?.body.accountId,
      email: 'eva@example.org',
      name: null,
      role: 'staff',
      scopes: ['orders:read', 'products:read'],
      tenantId: 'default',
      locale: 'es',
      preferences: {},
    });
  });

  test('is good for seven days, until it is withdrawn, and while who invites may invite', async () => {
    const late = await invite();
    expect(outcome(await later(7 * 24 * 3_600_000, () => accept(late.body.token)))).toBe(
      '404 INVITATION_INVALID',
    );

    const path = `/accounts/invitations/${late.body.invitationId}`;
    expect((await call('DELETE', path, { token: tokenOf(newId(), PRESETS.owner, 'north') })).status).toBe(
      404,
    );
    expect((await call('DELETE', path, { token: owner })).status).toBe(204);
    expect((await call('DELETE', path, { token: owner })).status).toBe(404);
    expect(outcome(await accept(late.body.token))).toBe('404 INVITATION_INVALID');

    const host = await somebody(PRESETS.owner);
    const less = await invite({ scopes: ['orders:read', 'webhooks:manage'] }, host.token);
    const none = await invite({}, host.token);
    const change = (body: object) => call('PATCH', `/accounts/${host.accountId}`, { token: owner, body });
    await change({ scopes: ['orders:read', 'accounts:manage'] });
    const accepted = await accept(less.body.token);
    const session = await logIn(accepted.body.email);
    const me = await call('GET', '/me', { token: session.body.accessToken });
    expect(me.body.scopes).toEqual(['orders:read']);
    await change({ enabled: false });
    expect(outcome(await accept(none.body.token))).toBe('404 INVITATION_INVALID');
    for (const wrong of ['cmd_invite_', less.body.token])
      expect(outcome(await accept(wrong))).toBe('404 INVITATION_INVALID');
    for (const none of ['', 'cmd_invite_\n']) expect(outcome(await accept(none))).toBe('400 INVALID_REQUEST');
  });

  test('gives no scope that who invites lacks, and goes to no address that has an account', async () => {
    const manager = tokenOf(newId(), ['accounts:manage', 'orders:read']);
    const more = await invite({ scopes: ['orders:read', 'orders:write'] }, manager);
    expect(outcome(more)).toBe('403 SCOPE_MISSING');
    expect(more.body.detail).toContain('orders:write');
    expect(outcome(await invite({ email: 'customer@demo.local' }))).toBe('409 EMAIL_TAKEN');
    const { body: first } = await invite({ email: 'twice@example.org' });
    const { body: second } = await invite({ email: 'twice@example.org' });
    expect((await accept(first.token)).status).toBe(201);
    expect(outcome(await accept(second.token))).toBe('409 EMAIL_TAKEN');
    for (const body of [{ scopes: [] }, { scopes: ['everything'] }, { email: 'x' }, { locale: 'de' }])
      expect((await invite(body)).status).toBe(400);
  });

  test('is made once under an Idempotency-Key, whose repeat shows no link', async () => {
    const request = {
      token: owner,
      body: { email: anAddress(), scopes: ['orders:read'] },
      headers: { 'idempotency-key': 'invite' },
    };
    const made = await call('POST', '/accounts/invitations', request);
    const again = await callOther('POST', '/accounts/invitations', request);
    expect([made.status, again.status]).toEqual([201, 201]);
    const { token: _token, link: _link, ...view } = made.body;
    expect(again.body).toEqual(view);
  });
});

describe('accounts', () => {
  test('are listed by e-mail address, a page at a time, those of a role, and no other tenant’s', async () => {
    await makeTenant('west');
    const west = tokenOf(newId(), PRESETS.operator, 'west');
    for (const name of ['b', 'c', 'a'])
      await call('POST', '/auth/register', {
        body: { tenant: 'west', email: `${name}@west.example`, password: PASSWORD },
      });
    await call('GET', '/accounts', { token: west });
    const customers = await call('GET', '/accounts?role=customer&limit=2', { token: west });
    expect(customers.body.items.map(({ email }: { email: string }) => email)).toEqual([
      'a@west.example',
      'b@west.example',
    ]);
    expect(customers.body.items[0]).toEqual({
      accountId: expect.any(String),
      email: 'a@west.example',
      name: null,
      role: 'customer',
      scopes: ['orders:read', 'orders:write', 'products:read'],
      enabled: true,
      createdAt: expect.any(String),
    });
    const { nextCursor } = customers.body;
    const rest = await call('GET', `/accounts?role=customer&limit=2&cursor=${nextCursor}`, { token: west });
    expect([rest.body.items.length, rest.body.nextCursor]).toEqual([1, null]);
    const all = await call('GET', '/accounts', { token: west });
    expect(all.body.items).toHaveLength(4);
    expect(JSON.stringify((await call('GET', '/accounts?limit=100', { token: owner })).body)).not.toContain(
      'west.example',
    );

    const [{ accountId }] = customers.body.items;
    expect(
      (await call('PATCH', `/accounts/${accountId}`, { token: owner, body: { enabled: false } })).status,
    ).toBe(404);
    const scopes = await call('PATCH', `/accounts/${accountId}`, {
      token: west,
      body: { scopes: ['orders:read'] },
    });
    expect(scopes.body.errors).toEqual([{ path: 'scopes', message: 'are the same for all customers' }]);
  });

  test('can be given other scopes, closed and opened again, which tokens and log-ins follow on every gateway', async () => {
    const { email, accountId, token } = await somebody(['webhooks:manage', 'orders:read']);
    const change = (body: object) => call('PATCH', `/accounts/${accountId}`, { token: owner, body });
    const eventTypes = () => callOther('GET', '/event-types', { token });
    expect((await eventTypes()).status).toBe(200);
    expect((await change({ scopes: ['orders:write', 'orders:read'] })).body).toMatchObject({
      accountId,
      scopes: ['orders:read', 'orders:write'],
      enabled: true,
    });
    expect(outcome(await later(30_000, eventTypes))).toBe('403 SCOPE_MISSING');
    expect((await change({ enabled: false })).body.enabled).toBe(false);
    expect(outcome(await later(60_000, eventTypes))).toMatch(/^401 /);
    expect(outcome(await logIn(email))).toBe('401 WRONG_CREDENTIALS');
    expect((await change({ enabled: true, scopes: ['webhooks:manage'] })).body.enabled).toBe(true);
    const again = await logIn(email);
    expect((await call('GET', '/event-types', { token: again.body.accessToken })).status).toBe(200);
    expect((await change({})).status).toBe(400);
    expect(
      (await call('PATCH', `/accounts/${newId()}`, { token: owner, body: { enabled: true } })).status,
    ).toBe(404);
  });

  test('that may do more are not for those to change who may do less, and nobody gives what they lack', async () => {
    const { accountId } = await somebody(PRESETS.integrator);
    const manager = tokenOf(newId(), ['accounts:manage', 'orders:read', 'api-keys:manage']);
    const change = (token: string, body: object) => call('PATCH', `/accounts/${accountId}`, { token, body });
    expect(outcome(await change(manager, { enabled: false }))).toBe('403 SCOPE_MISSING');
    expect(outcome(await change(owner, { scopes: ['tenants:all'] }))).toBe('403 SCOPE_MISSING');
    expect((await change(operator, { scopes: ['tenants:all'] })).status).toBe(200);
    expect(outcome(await change(owner, { enabled: false }))).toBe('403 SCOPE_MISSING');
  });

  test('the last owner of a tenant stays one, also when two gateways are asked to take both at once', async () => {
    for (let round = 0; round < 8; round++) {
      const tenant = `owners-${round}`;
      await makeTenant(tenant);
      const [first, second] = [newId(), newId()];
      const tokens = [first, second].map((accountId) => tokenOf(accountId, PRESETS.operator, tenant));
      // Both gateways know both of them to be open.
      for (const token of tokens)
        for (const gateway of [call, callOther])
          expect((await gateway('GET', '/accounts', { token })).status).toBe(200);
      const [byFirst = '', bySecond = ''] = tokens;
      const take = round % 2 === 0 ? { enabled: false } : { scopes: ['orders:read'] };
      const answers = await Promise.all([
        call('PATCH', `/accounts/${second}`, { token: byFirst, body: take }),
        callOther('PATCH', `/accounts/${first}`, { token: bySecond, body: take }),
      ]);
      expect(answers.map(outcome).toSorted()).toEqual([200, '409 LAST_OWNER']);
      const left = answers[0].status === 200 ? first : second;
      const own = left === first ? byFirst : bySecond;
      expect(outcome(await call('PATCH', `/accounts/${left}`, { token: own, body: take }))).toBe(
        '409 LAST_OWNER',
      );
      // What leaves them an owner is no loss.
      const kept = await call('PATCH', `/accounts/${left}`, { token: own, body: { scopes: PRESETS.owner } });
      expect(kept.status).toBe(200);
    }
  });
});

describe('who is logged in', () => {
  test('sees who they are, and changes name, language and preferences', async () => {
    const { token, email } = await somebody();
    const preferences = { theme: 'dark', views: [{ name: 'Hoy', query: 'status=PENDING' }] };
    const changed = await call('PATCH', '/me', {
      token,
      body: { name: ' Eva  Ruiz', locale: 'es', preferences },
    });
    expect(changed.body).toMatchObject({ email, name: 'Eva  Ruiz', locale: 'es', preferences });
    expect((await callOther('GET', '/me', { token })).body).toEqual(changed.body);
    const renamed = await call('PATCH', '/me', { token, body: { name: null } });
    expect(renamed.body).toMatchObject({ name: null, locale: 'es', preferences });
    for (const body of [
      {},
      { name: '' },
      { locale: 'de' },
      { preferences: 'dark' },
      { preferences: { text: 'x'.repeat(8 * 1024) } },
      { scopes: PRESETS.operator },
      { email: 'another@example.org' },
    ])
      expect({ body, status: (await call('PATCH', '/me', { token, body })).status }).toEqual({
        body,
        status: 400,
      });
  });

  test('sees the tenants when they may act for all of them, and a customer sees themself', async () => {
    const { body } = await call('GET', '/me', { token: operator });
    expect(body.tenants).toEqual(expect.arrayContaining(['default', 'north']));
    const session = await logIn('customer@demo.local', 'comanda-demo');
    const me = await call('GET', '/me', { token: session.body.accessToken });
    expect(me.body).toMatchObject({ email: 'customer@demo.local', role: 'customer', tenantId: 'default' });
    expect(me.body).not.toHaveProperty('tenants');
  });

  test('stays logged in where they change their password, and nowhere else', async () => {
    const { email } = await somebody();
    const inSession = async () =>
      (await call('POST', '/auth/token', { body: { email, password: PASSWORD, session: 'token' } })).body
        .accessToken;
    const [here, there] = [await inSession(), await inSession()];
    const me = (token: string) => callOther('GET', '/me', { token });
    expect([(await me(here)).status, (await me(there)).status]).toEqual([200, 200]);
    const body = { current: PASSWORD, password: 'another good one' };
    expect((await call('POST', '/me/password', { token: here, body })).status).toBe(204);
    await later(30_000, async () => {
      expect((await me(here)).status).toBe(200);
      expect(outcome(await me(there))).toBe('401 SESSION_ENDED');
    });
  });

  test('changes their password, who knows it; guessing it becomes slower', async () => {
    const { token, email } = await somebody();
    const change = (current: string, password: string) =>
      call('POST', '/me/password', { token, body: { current, password } });
    expect(outcome(await change('wrong', 'another good one'))).toBe('403 WRONG_CREDENTIALS');
    expect(outcome(await change(PASSWORD, 'short'))).toBe('400 INVALID_REQUEST');
    expect((await change(PASSWORD, 'another good one')).status).toBe(204);
    expect((await logIn(email)).status).toBe(401);
    expect((await logIn(email, 'another good one')).status).toBe(200);
    for (let failures = 0; failures < 5; failures++) await change('wrong', 'another good one');
    expect(outcome(await change('another good one', PASSWORD))).toBe('429 TOO_MANY_FAILURES');
    expect(JSON.stringify([one.log, other.log])).not.toContain('another good one');
  });
});
