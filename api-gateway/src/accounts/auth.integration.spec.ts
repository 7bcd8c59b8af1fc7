import { createHmac, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { newId } from '@comanda/contracts';
import { DATABASE } from '@comanda/service-kit';
import type { Database } from '@comanda/storage';
import { Folder, TokenSigner, testDatabaseUrl } from '@comanda/test-kit';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { hash } from 'argon2';
import { GatewayUnderTest, SECRET, useGateway } from '../../test/gateway-under-test.js';
import { CUSTOMER_SCOPES, PRESETS } from '../auth/scopes.js';
import { Accounts } from './accounts.js';
import { DEMO_ACCOUNTS, DEMO_PASSWORD, seedDemoAccounts } from './demo-accounts.js';
import { Tenants } from './tenants.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const gateway = useGateway({ COMANDA_DEMO: 'true' });

const logIn = (body: unknown, headers: Record<string, string> = {}) =>
  gateway.call('POST', '/api/v1/auth/token', { body, headers });
/** Who may see the catalogue of event types, which needs no service: staff. */
const eventTypes = (token?: string) => gateway.call('GET', '/api/v1/event-types', { token });

describe('logging in', () => {
  test.each(DEMO_ACCOUNTS)('$email gets a token for an hour, with its role, id and tenant', async (demo) => {
    const { status, body } = await logIn({ email: demo.email.toUpperCase(), password: DEMO_PASSWORD });
    expect(status).toBe(200);
    expect(body).toMatchObject({ tokenType: 'Bearer', expiresIn: 3600 });
    const { iat, exp, ...claims } = gateway.jwt.verify(body.accessToken);
    // Nothing personal: a token stands in the logs of proxies.
    expect(claims).toEqual({
      iss: 'comanda',
      aud: 'comanda-api',
      pwm: expect.stringMatching(/^[\w-]{22}$/),
      jti: expect.stringMatching(UUID),
      sub: demo.accountId,
      role: demo.role,
      scopes: demo.scopes,
      tenantId: 'default',
    });
    expect(exp - iat).toBe(3600);
    const again = await logIn({ email: demo.email, password: DEMO_PASSWORD });
    expect(gateway.jwt.verify(again.body.accessToken).jti).not.toBe(claims.jti);
  });

  test('a wrong password and an unknown e-mail address are answered alike', async () => {
    const wrong = await logIn({ email: 'customer@demo.local', password: 'wrong' });
    const unknown = await logIn({ email: 'nobody@demo.local', password: 'wrong' });
    for (const { status, body } of [wrong, unknown])
      expect([status, body.code]).toEqual([401, 'WRONG_CREDENTIALS']);
    expect(unknown.body.detail).toBe(wrong.body.detail);
  });

  test('works also with an old token in the request', async () => {
    const body = { email: 'customer@demo.local', password: DEMO_PASSWORD };
    expect((await logIn(body, { authorization: 'Bearer old' })).status).toBe(200);
  });

  test.each([
    [{ email: 'customer@demo.local' }],
    [{ email: 'not an address', password: 'x' }],
    [{ email: 'customer@demo.local', password: ['x'] }],
    [{ email: 'customer@demo.local', password: 'x'.repeat(201) }],
    [{ email: 'customer@demo.local', password: 'x', role: 'staff' }],
  ])('%j is refused as invalid', async (body) => {
    expect((await logIn(body)).status).toBe(400);
  });
});

describe('the demo', () => {
  test.each(['/health/live', '/docs-json', '/api/v1/products', '/nowhere'])(
    'answers %s under the names of this machine alone: a page in a browser may come under another',
    async (path) => {
      for (const host of ['evil.example', 'localhost.evil.example:3000']) {
        const { status, headers, body } = await asked(gateway.url, path, host);
        expect({ status, code: body.code }).toEqual({ status: 421, code: 'NOT_LOOPBACK' });
        expect(headers['content-type']).toMatch(/^application\/problem\+json/);
        expect(body).toMatchObject({ instance: path, correlationId: headers['x-correlation-id'] });
      }
      expect((await asked(gateway.url, path, 'comanda.localhost:80')).status).not.toBe(421);
    },
  );

  test('is nothing to a gateway outside of it, which answers under any name', async () => {
    const plain = await GatewayUnderTest.start();
    try {
      expect((await asked(plain.url, '/health/live', 'shop.example')).status).toBe(200);
    } finally {
      await plain.close();
    }
  });

  /** `fetch` would write the Host itself. */
  async function asked(url: string, path: string, host: string) {
    const request = get(`${url}${path}`, { headers: { host } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { statusCode: status, headers } = response;
    const text = (await response.toArray()).join('');
    return { status, headers, body: text.startsWith('{') ? JSON.parse(text) : undefined };
  }
});

describe('making an account', () => {
  const register = (body: unknown) => gateway.call('POST', '/api/v1/auth/register', { body });

  test('makes a customer, who can log in', async () => {
    const { status, body } = await register({ email: 'Ana@Example.org', password: 'a good password' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ email: 'ana@example.org', role: 'customer' });
    expect(Object.keys(body).toSorted()).toEqual(['accountId', 'createdAt', 'email', 'role']);
    const session = await logIn({ email: 'ana@example.org', password: 'a good password' });
    expect(gateway.jwt.verify(session.body.accessToken)).toMatchObject({
      sub: body.accountId,
      role: 'customer',
    });
  });

  test('and logging in meet in every normal form, with blanks around the address', async () => {
    const made = await register({
      email: ' Zoe@Bücher.example ',
      password: 'contraseña-è'.normalize('NFC'),
    });
    expect([made.status, made.body.email]).toEqual([201, 'zoe@xn--bcher-kva.example']);
    const password = 'contraseña-è'.normalize('NFD');
    for (const email of ['zoe@bücher.example'.normalize('NFD'), 'zoe@xn--bcher-kva.example '])
      expect((await logIn({ email, password })).status).toBe(200);
    expect((await logIn({ email: 'zoe@bücher.example', password: 'CONTRASEÑA-È' })).status).toBe(401);
  });

  test('a password that was hashed as it was typed opens its account, and after that in every form', async () => {
    const accounts = new Accounts(gateway.app.get<Database>(DATABASE));
    const [nfc, nfd] = ['contraseña vieja'.normalize('NFC'), 'contraseña vieja'.normalize('NFD')];
    const account = { accountId: newId(), email: 'old@example.org', role: 'customer' as const };
    await accounts.add({
      ...{ ...account, scopes: CUSTOMER_SCOPES, tenantId: 'default', createdAt: new Date().toISOString() },
      passwordHash: await hash(nfd),
    });
    const statuses = [];
    for (const password of [nfc, nfd, nfc, nfd])
      statuses.push((await logIn({ email: account.email, password })).status);
    expect(statuses).toEqual([401, 200, 200, 200]);
  });

  test('is refused a second time, with a short password, and for staff', async () => {
    await register({ email: 'twice@example.org', password: 'a good password' });
    const again = await register({ email: 'TWICE@example.org', password: 'another password' });
    expect(again.status).toBe(409);
    expect((await register({ email: 'b@example.org', password: 'short' })).body.errors).toEqual([
      { path: 'password', message: 'must have at least 8 characters' },
    ]);
    const staff = await register({ email: 'c@example.org', password: 'a good password', role: 'staff' });
    expect(staff.status).toBe(400);
  });

  const keyed = (key: string, body: object) =>
    gateway.call('POST', '/api/v1/auth/register', { body, headers: { 'idempotency-key': key } });

  describe('with an Idempotency-Key', () => {
    const ada = { email: 'ada@example.org', password: 'a good password' };

    test('is answered a second time as the first time, and makes nothing again', async () => {
      const first = await keyed('key of Ada', ada);
      const again = await keyed('key of Ada', { ...ada, email: 'ADA@example.org' });
      expect([first.status, again.status]).toEqual([201, 201]);
      expect(again.body).toEqual(first.body);
      expect(first.headers.get('idempotent-replayed')).toBeNull();
      expect(again.headers.get('idempotent-replayed')).toBe('true');
    });

    test('at once makes one, and each hears of it', async () => {
      const rose = { email: 'rose@example.org', password: 'a good password' };
      const answers = await Promise.all(Array.from({ length: 5 }, () => keyed('key of Rose', rose)));
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
      expect(new Set(answers.map(({ body }) => body.accountId)).size).toBe(1);
    });

    test('is refused with another password, and another key does not open what is taken', async () => {
      const other = await keyed('key of Ada', { ...ada, password: 'another password' });
      expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
      for (const taken of [await keyed('another key', ada), await register(ada)])
        expect([taken.status, taken.body.code]).toEqual([409, 'EMAIL_TAKEN']);
      const malformed = await keyed('k'.repeat(256), ada);
      expect([malformed.status, malformed.body.code]).toEqual([400, 'INVALID_IDEMPOTENCY_KEY']);
    });

    test('belongs to one e-mail address: somebody else may have come to the same key', async () => {
      const answers = [];
      for (const email of ['uno@example.org', 'dos@example.org'])
        answers.push(await keyed('1', { email, password: 'a good password' }));
      expect(answers.map(({ status }) => status)).toEqual([201, 201]);
      expect(new Set(answers.map(({ body }) => body.accountId)).size).toBe(2);
    });
  });

  test('twenty times at once makes one', async () => {
    // Where hashing is slow, some hear that it took too long or that too many wait: they repeat it as they are told.
    const rush = async (_: unknown, turn: number): ReturnType<typeof register> => {
      const answer = await keyed(`rush ${turn}`, { email: 'rush@example.org', password: 'a good password' });
      if (answer.status !== 503 && answer.status !== 429) return answer;
      await setTimeout(Number(answer.headers.get('retry-after')) * 1_000);
      return await rush(undefined, turn);
    };
    const answers = await Promise.all(Array.from({ length: 20 }, rush));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
  });
});

const ANOTHER = new TokenSigner('another-secret-another-secret-another');

describe('a token', () => {
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const soon = () => Math.floor(Date.now() / 1000) + 60;
  const claims = (more: object = {}) => ({
    sub: newId(),
    role: 'staff',
    tenantId: 'default',
    exp: soon(),
    ...more,
  });
  const signed = (payload: object, header: object = {}) => gateway.jwt.sign(payload, {}, header);
  /** Signed with a secret that both sides would know, as those who take the public key for one hope to. */
  const withHmac = (key: string | Buffer, header: object = {}) => {
    const content = `${base64({ alg: 'HS256', typ: 'JWT', ...header })}.${signed(claims()).split('.')[1]}`;
    return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`;
  };
  const publicPem = () => gateway.jwt.publicKey.export({ format: 'pem', type: 'spki' });

  test('that holds opens the door', async () => {
    expect((await eventTypes(signed(claims()))).status).toBe(200);
  });

  test('that is missing is told so', async () => {
    const { status, headers, body } = await eventTypes();
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'TOKEN_MISSING' });
    expect(headers.get('www-authenticate')).toBe('Bearer realm="comanda"');
  });

  test('is needed however the path is written', async () => {
    for (const path of ['/%61pi/v1/event-types', '/api/%761/event-types', '/api/v1/event%2Dtypes'])
      expect((await gateway.call('GET', path)).status).toBe(401);
    for (const path of ['/api/v1/event-types/', '//api/v1/event-types', '/API/v1/event-types'])
      expect((await gateway.call('GET', path)).status).toBe(404);
  });

  test.each([
    ['signed with another secret', () => ANOTHER.sign(claims())],
    [
      'signed with another secret, under our key’s name',
      () => ANOTHER.sign(claims(), {}, { kid: gateway.jwt.kid }),
    ],
    ['of a key that there is not', () => signed(claims(), { kid: 'unknown' })],
    ['of a key without a name', () => signed(claims(), { kid: undefined })],
    ['without a signature', () => `${base64({ alg: 'none', kid: gateway.jwt.kid })}.${base64(claims())}.`],
    ['of algorithm none with a signature', () => signed(claims(), { alg: 'none' })],
    ['of the algorithm of before', () => withHmac(SECRET)],
    ['signed with the public key as a secret', () => withHmac(publicPem(), { kid: gateway.jwt.kid })],
    ['that says it was, under EdDSA', () => withHmac(publicPem(), { alg: 'EdDSA', kid: gateway.jwt.kid })],
    ['whose payload was changed', () => tampered(signed(claims({ role: 'customer' })))],
    ['of another issuer', () => signed(claims({ iss: 'somebody' }))],
    ['for another API', () => signed(claims({ aud: 'another-api' }))],
    ['without an issuer', () => signed(claims({ iss: undefined }))],
    ['for nobody in particular', () => signed(claims({ aud: undefined }))],
    ['without an id', () => signed(claims({ jti: undefined }))],
    ['that never expires', () => signed({ ...claims(), exp: undefined })],
    ['of a role that there is not', () => signed(claims({ role: 'admin' }))],
    ['of nobody', () => signed(claims({ sub: 'me' }))],
    ['that is none', () => 'nonsense'],
  ])('%s is not valid', async (_, token) => {
    const { status, headers, body } = await eventTypes(token());
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'TOKEN_INVALID' });
    expect(headers.get('www-authenticate')).toMatch(/error="invalid_token"/);
  });

  test('that has expired is told so, also when it was good a moment ago', async () => {
    const expired = await eventTypes(signed(claims({ exp: soon() - 120 })));
    expect({ status: expired.status, code: expired.body.code }).toEqual({
      status: 401,
      code: 'TOKEN_EXPIRED',
    });
    const short = signed(claims({ exp: soon() }));
    expect((await eventTypes(short)).status).toBe(200);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
    try {
      expect((await eventTypes(short)).body.code).toBe('TOKEN_EXPIRED');
    } finally {
      clock.mockRestore();
    }
  });

  test('of another role is refused, with the role that is needed', async () => {
    const { status, body } = await eventTypes(gateway.token('customer'));
    expect(status).toBe(403);
    expect(body.detail).toMatch(/staff.*customer/);
    const order = { productId: newId(), quantity: 1 };
    const placed = await gateway.call('POST', '/api/v1/orders', {
      token: gateway.token('staff'),
      body: order,
    });
    expect(placed.status).toBe(403);
  });

  test('without the scope that a route needs is refused, and told which one that is', async () => {
    const { status, headers, body } = await eventTypes(gateway.token('staff', { scopes: PRESETS.shop }));
    expect({ status, code: body.code }).toEqual({ status: 403, code: 'SCOPE_MISSING' });
    expect(body.detail).toContain('webhooks:manage');
    expect(headers.get('www-authenticate')).toBe(
      'Bearer realm="comanda", error="insufficient_scope", scope="webhooks:manage"',
    );
  });

  test('gives no more than its account may do, half a minute after that was changed', async () => {
    const accountId = newId();
    const claims = { role: 'staff', scopes: PRESETS.owner };
    const token = gateway.jwt.sign(claims, { subject: accountId, expiresIn: 600 });
    expect((await eventTypes(token)).status).toBe(200);
    const accounts = new Accounts(gateway.app.get<Database>(DATABASE));
    await accounts.setScopes({ tenantId: 'default', accountId }, PRESETS.shop);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 30_000);
    try {
      expect((await eventTypes(token)).body.code).toBe('SCOPE_MISSING');
      await accounts.setScopes({ tenantId: 'default', accountId }, PRESETS.integrator);
      clock.mockReturnValue(Date.now() + 30_000);
      expect((await eventTypes(token)).status).toBe(200);
    } finally {
      clock.mockRestore();
    }
  });

  test('is not needed for the catalogue, but one that is sent must hold', async () => {
    expect((await gateway.call('GET', '/api/v1/products')).status).toBe(503); // there is no broker in this test
    expect((await gateway.call('GET', '/api/v1/products', { token: 'nonsense' })).status).toBe(401);
  });

  function tampered(token: string): string {
    const [header, payload, signature] = token.split('.');
    const changed = { ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()), role: 'staff' };
    return `${header}.${base64(changed)}.${signature}`;
  }
});

describe('the keys of tokens', () => {
  const OLD = 'the-secret-of-last-year-0123456789abcdef';
  /** What another party does who verifies our tokens: they know the key set and the RFCs, and nothing of ours. */
  async function verified(of: GatewayUnderTest, token: string): Promise<unknown> {
    const { body } = await of.call('GET', '/.well-known/jwks.json');
    const { kid, alg } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    const jwk = body.keys.find((key: { kid: string }) => key.kid === kid);
    if (!jwk || jwk.alg !== alg) throw new Error(`no key ${kid} for ${alg}`);
    return ANOTHER.verify(token, createPublicKey({ key: jwk, format: 'jwk' }));
  }

  test('are there for others, who verify a token with them alone', async () => {
    const { status, headers, body } = await gateway.call('GET', '/.well-known/jwks.json', { token: 'any' });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(body).toEqual({
      keys: [
        { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', kid: gateway.jwt.kid, x: expect.any(String) },
      ],
    });
    const { accessToken } = (await logIn({ email: 'staff@demo.local', password: DEMO_PASSWORD })).body;
    expect(await verified(gateway, accessToken)).toMatchObject({ role: 'staff', iss: 'comanda' });
    await expect(verified(gateway, ANOTHER.sign({}))).rejects.toThrow('no key');
  });

  test('change: a former one verifies while it is named, signs nothing, and is refused afterwards', async () => {
    const before = new TokenSigner(OLD).sign(
      { role: 'staff', tenantId: 'default' },
      { subject: DEMO_ACCOUNTS[1].accountId, expiresIn: 60 },
    );
    const ask = (of: GatewayUnderTest) => of.call('GET', '/api/v1/event-types', { token: before });
    const during = await GatewayUnderTest.start({
      COMANDA_DEMO: 'true',
      JWT_PREVIOUS_SECRETS: `other-${OLD}, ${OLD}`,
    });
    try {
      expect((await ask(during)).status).toBe(200);
      expect(await verified(during, before)).toMatchObject({ role: 'staff' });
      const { body } = await during.call('GET', '/.well-known/jwks.json');
      expect(body.keys).toHaveLength(3);
      const logged = await during.call('POST', '/api/v1/auth/token', {
        body: { email: 'staff@demo.local', password: DEMO_PASSWORD },
      });
      expect(during.jwt.verify(logged.body.accessToken)).toMatchObject({ role: 'staff' });
    } finally {
      await during.close();
    }
    const refused = await ask(gateway);
    expect([refused.status, refused.body.code]).toEqual([401, 'TOKEN_INVALID']);
  });

  test('say who issues: another installation’s tokens are refused', async () => {
    const other = await GatewayUnderTest.start({
      COMANDA_DEMO: 'true',
      TOKEN_ISSUER: 'https://north.example',
    });
    try {
      const { accessToken } = (
        await other.call('POST', '/api/v1/auth/token', {
          body: { email: 'staff@demo.local', password: DEMO_PASSWORD },
        })
      ).body;
      expect(other.jwt.verify(accessToken).iss).toBe('https://north.example');
      expect((await other.call('GET', '/api/v1/event-types', { token: accessToken })).status).toBe(200);
      expect((await eventTypes(accessToken)).body.code).toBe('TOKEN_INVALID');
    } finally {
      await other.close();
    }
  });
});

describe('the rate limit', () => {
  test('counts each account and, without one, each address, and says how much is left', async () => {
    const limited = await GatewayUnderTest.start({ RATE_LIMIT_PER_MINUTE: '3' });
    try {
      const token = limited.token('staff');
      const ask = (bearer?: string) => limited.call('GET', '/api/v1/event-types', { token: bearer });
      const answers = [await ask(token), await ask(token), await ask(token), await ask(token)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
      expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"default";q=3;w=60');
      expect(answers[0]?.headers.get('ratelimit')).toMatch(/^"default";r=2;t=\d+$/);
      const refused = answers[3];
      expect(refused?.body).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
      expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await ask(limited.token('staff'))).status).toBe(200);
      // Tokens that do not hold count for the address.
      const guesses = [await ask('guess'), await ask('guess'), await ask('guess'), await ask('guess')];
      expect(guesses.map(({ status }) => status)).toEqual([401, 401, 401, 429]);
      expect((await limited.call('GET', '/health/live')).status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});

describe('a closed account', () => {
  test('is answered like a wrong password, and its tokens are refused half a minute later', async () => {
    const body = { email: 'leaves@example.org', password: 'a good password' };
    await gateway.call('POST', '/api/v1/auth/register', { body });
    const { accessToken: token } = (await logIn(body)).body;
    const orders = () => gateway.call('GET', '/api/v1/orders', { token, noNewAccount: true });
    expect((await orders()).status).toBe(503); // let in: there is no broker in this test
    const accounts = gateway.app.get(Accounts);
    const account = await accounts.find('default', body.email);
    if (!account) throw new Error('it was made above');
    await accounts.close(account, new Date().toISOString());

    const wrong = await logIn({ ...body, password: 'another password' });
    const right = await logIn(body);
    expect([right.status, right.body.code]).toEqual([401, 'WRONG_CREDENTIALS']);
    expect(right.body.detail).toBe(wrong.body.detail);
    expect((await gateway.call('POST', '/api/v1/auth/register', { body })).status).toBe(409);

    const clock = jest.spyOn(Date, 'now');
    try {
      clock.mockReturnValue(Date.now() + 30_000);
      const refused = await orders();
      expect([refused.status, refused.body.code]).toEqual([401, 'ACCOUNT_CLOSED']);
      expect(refused.headers.get('www-authenticate')).toMatch(/error="invalid_token"/);
      // Also where no token is needed: one that is sent must hold.
      const listed = await gateway.call('GET', '/api/v1/products', { token, noNewAccount: true });
      expect(listed.body.code).toBe('ACCOUNT_CLOSED');
    } finally {
      clock.mockRestore();
    }
  });

  test('is refused when its account does not exist, no matter who signed the token', async () => {
    const { status, body } = await gateway.call('GET', '/api/v1/event-types', {
      token: gateway.token('staff'),
      noNewAccount: true,
    });
    expect([status, body.code]).toEqual([401, 'ACCOUNT_CLOSED']);
  });
});

describe('a tenant', () => {
  const password = 'a good password';
  const register = (body: object) => gateway.call('POST', '/api/v1/auth/register', { body });
  beforeAll(async () => {
    expect(await gateway.app.get(Tenants).add('north', new Date().toISOString())).toBe(true);
  });

  test('has accounts of its own, under addresses that others have as well', async () => {
    const made = [];
    for (const tenant of ['default', 'north']) {
      const account = await register({
        tenant,
        email: 'same@example.org',
        password: `${password} ${tenant}`,
      });
      expect(account.status).toBe(201);
      made.push(account.body.accountId);
      const { body } = await logIn({ tenant, email: 'same@example.org', password: `${password} ${tenant}` });
      expect(gateway.jwt.verify(body.accessToken)).toMatchObject({
        tenantId: tenant,
        sub: account.body.accountId,
      });
    }
    expect(made[0]).not.toBe(made[1]);
    const elsewhere = await logIn({ email: 'same@example.org', password: `${password} north` });
    expect(elsewhere.status).toBe(401);
  });

  test('that there is not has no accounts: the answer is that of a wrong password', async () => {
    const wrong = await logIn({ email: 'customer@demo.local', password: 'wrong' });
    const unknown = await logIn({ tenant: 'nowhere', email: 'customer@demo.local', password: DEMO_PASSWORD });
    expect([unknown.status, unknown.body.code]).toEqual([401, 'WRONG_CREDENTIALS']);
    expect(unknown.body.detail).toBe(wrong.body.detail);
    const registered = await register({ tenant: 'nowhere', email: 'x@example.org', password });
    expect([registered.status, registered.body.errors]).toEqual([
      400,
      [{ path: 'tenant', message: 'there is no tenant of this name' }],
    ]);
    for (const tenant of ['', 'NORTH', '../north', null])
      expect((await logIn({ tenant, email: 'customer@demo.local', password })).status).toBe(400);
  });
});

describe('a database that the demo used', () => {
  const folder = new Folder();
  afterAll(() => folder.remove());
  const environment = { GATEWAY_DATABASE_URL: testDatabaseUrl(folder.file('kept.db')) };

  /** What becomes of each demo account: how a log-in and a token of the demo are answered. */
  async function answers(on: GatewayUnderTest, tokens: readonly string[] = []) {
    const loggedIn = [];
    for (const { email } of DEMO_ACCOUNTS)
      loggedIn.push(
        await on.call('POST', '/api/v1/auth/token', { body: { email, password: DEMO_PASSWORD } }),
      );
    const used = [];
    for (const token of tokens)
      used.push(await on.call('GET', '/api/v1/products', { token, noNewAccount: true }));
    return { loggedIn, used: used.map(({ body }) => body.code) };
  }

  test('has no demo accounts any more once the demo is over, and has them again in the next demo', async () => {
    const tokens: string[] = [];
    for (const demo of ['true', 'false', 'true']) {
      const one = await GatewayUnderTest.start({ ...environment, COMANDA_DEMO: demo });
      try {
        const { loggedIn, used } = await answers(one, tokens);
        // Those of the next demo have a password that was hashed anew: tokens of the last one are not theirs.
        const [expected, code] = demo === 'true' ? [200, 'SESSION_ENDED'] : [401, 'ACCOUNT_CLOSED'];
        expect(loggedIn.map(({ status }) => status)).toEqual([expected, expected]);
        expect(used).toEqual(tokens.map(() => code));
        if (demo === 'true') tokens.splice(0, 2, ...loggedIn.map(({ body }) => body.accessToken));
        else {
          const accounts = await new Accounts(one.app.get<Database>(DATABASE)).list('default');
          expect(accounts).toEqual([]);
          const lines = one.log.filter(({ msg }) => String(msg).startsWith('removed an account of the demo'));
          expect(lines.map(({ email }) => email)).toEqual(DEMO_ACCOUNTS.map(({ email }) => email));
        }
      } finally {
        await one.close();
      }
    }
  });

  test('lets nobody in by them either when they come back while a gateway runs, from a backup say', async () => {
    const one = await GatewayUnderTest.start(environment);
    try {
      await seedDemoAccounts(new Accounts(one.app.get<Database>(DATABASE)));
      const { loggedIn } = await answers(one);
      expect(loggedIn.map(({ status }) => status)).toEqual([401, 401]);
    } finally {
      await one.close();
    }
  });
});
