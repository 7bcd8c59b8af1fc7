import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { newId } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import { GatewayUnderTest, SECRET, useGateway } from '../../test/gateway-under-test.js';
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from './demo-accounts.js';

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
    expect(claims).toEqual({
      sub: demo.accountId,
      role: demo.role,
      tenantId: 'default',
      email: demo.email,
    });
    expect(exp - iat).toBe(3600);
  });

  test('a wrong password and an unknown e-mail address are answered alike, in alike time', async () => {
    const timed = async (body: unknown) => {
      const began = performance.now();
      const answer = await logIn(body);
      return { answer, ms: performance.now() - began };
    };
    const wrong = await timed({ email: 'customer@demo.local', password: 'wrong' });
    const unknown = await timed({ email: 'nobody@demo.local', password: 'wrong' });
    for (const { answer } of [wrong, unknown]) {
      expect(answer.status).toBe(401);
      expect(answer.body.code).toBe('WRONG_CREDENTIALS');
    }
    expect(unknown.answer.body.detail).toBe(wrong.answer.body.detail);
    expect(unknown.ms).toBeGreaterThan(wrong.ms / 5);
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

  test('twenty times at once makes one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => register({ email: 'rush@example.org', password: 'a good password' })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
  });
});

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
  const signed = (header: object, payload: object, secret = SECRET, algorithm = 'sha256') => {
    const content = `${base64(header)}.${base64(payload)}`;
    return `${content}.${createHmac(algorithm, secret).update(content).digest('base64url')}`;
  };
  const HS256 = { alg: 'HS256', typ: 'JWT' };

  test('that holds opens the door', async () => {
    expect((await eventTypes(signed(HS256, claims()))).status).toBe(200);
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
    ['signed with another secret', () => signed(HS256, claims(), 'another-secret-another-secret-another')],
    ['without a signature', () => `${base64({ alg: 'none' })}.${base64(claims())}.`],
    ['of algorithm none with a signature', () => signed({ alg: 'none' }, claims())],
    ['of another algorithm', () => signed({ alg: 'HS512' }, claims(), SECRET, 'sha512')],
    ['whose payload was changed', () => tampered(signed(HS256, claims({ role: 'customer' })))],
    ['that never expires', () => signed(HS256, { ...claims(), exp: undefined })],
    ['of a role that there is not', () => signed(HS256, claims({ role: 'admin' }))],
    ['of nobody', () => signed(HS256, claims({ sub: 'me' }))],
    ['that is none', () => 'nonsense'],
  ])('%s is not valid', async (_, token) => {
    const { status, headers, body } = await eventTypes(token());
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'TOKEN_INVALID' });
    expect(headers.get('www-authenticate')).toMatch(/error="invalid_token"/);
  });

  test('that has expired is told so, also when it was good a moment ago', async () => {
    const expired = await eventTypes(signed(HS256, claims({ exp: soon() - 120 })));
    expect({ status: expired.status, code: expired.body.code }).toEqual({
      status: 401,
      code: 'TOKEN_EXPIRED',
    });
    const short = signed(HS256, claims({ exp: Math.floor(Date.now() / 1000) + 2 }));
    expect((await eventTypes(short)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await eventTypes(short)).body.code).toBe('TOKEN_EXPIRED');
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

test('demo accounts are there only in demo mode', async () => {
  const plain = await GatewayUnderTest.start();
  try {
    const body = { email: 'staff@demo.local', password: DEMO_PASSWORD };
    expect((await plain.call('POST', '/api/v1/auth/token', { body })).status).toBe(401);
  } finally {
    await plain.close();
  }
});
