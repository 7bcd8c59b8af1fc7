import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { until } from '@comanda/kit';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { GatewayUnderTest } from '../../test/gateway-under-test.js';
import { Issuer } from '../../test/issuer.js';
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from '../accounts/demo-accounts.js';
import { Tenants } from '../accounts/tenants.js';
import { FOREIGN_ISSUER } from '../injection-tokens.js';
import type { ForeignIssuer } from './foreign-issuer.js';

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

let issuer: Issuer;
let key: ReturnType<Issuer['newKey']>;
const gateway = new GatewayUnderTest();
let now = Date.now();
const pass = (ms: number) => {
  now += ms;
};

beforeAll(async () => {
  issuer = await Issuer.start();
  await gateway.start({
    COMANDA_DEMO: 'true',
    AUTH_ISSUER: issuer.name,
    AUTH_JWKS_URL: issuer.jwksUrl,
    AUTH_AUDIENCE: issuer.audience,
    AUTH_TENANT_CLAIM: 'https://comanda.example/tenant',
    AUTH_ROLE_CLAIM: 'realm_access.roles',
    AUTH_ROLES: 'shop-staff:shop, admins:owner,buyers:customer',
    AUTH_SCOPES_CLAIM: 'scope',
  });
  await gateway.app.get(Tenants).add('north', new Date().toISOString());
  key = issuer.newKey('first');
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await gateway.close();
  await issuer.stop();
});

const SCOPE = 'openid orders:read orders:write products:read products:write webhooks:manage tenants:all';
const claims = (roles: unknown = ['admins'], more: object = {}) => ({
  'https://comanda.example/tenant': 'north',
  realm_access: { roles },
  scope: SCOPE,
  ...more,
});
const ask = (token: string, path = '/api/v1/event-types') =>
  gateway.call('GET', path, { token, noNewAccount: true });
const outcome = async (token: string, path?: string) => {
  const { status, body } = await ask(token, path);
  return status < 300 ? [status] : [status, body.code];
};
/** Whom the gateway takes it for. */
async function callerOf(token: string) {
  const checked = await gateway.app.get<ForeignIssuer>(FOREIGN_ISSUER).check(token);
  if (checked.kind !== 'valid') throw new Error(`the token is ${checked.kind}`);
  return checked.caller;
}
const [GOOD, FORGED] = [[200], [401, 'TOKEN_INVALID']];

describe('a token of the other issuer', () => {
  test('is good, and its claims say who that is: the same person each time, of the tenant that they name', async () => {
    expect(await outcome(issuer.token(key, claims()))).toEqual(GOOD);
    const made = async (more: object, roles = ['buyers']) => {
      const { accountId, ...rest } = await callerOf(issuer.token(key, claims(roles, more)));
      expect(accountId).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
      expect(rest).toMatchObject({ role: 'customer', tenantId: 'north' });
      return accountId;
    };
    expect(await made({})).toBe(await made({ email: 'other@example.org' }));
    expect(await made({})).not.toBe(await made({ sub: 'user|4712' }));
  });

  test.each([
    [['shop-staff', 'admins'], 403],
    [['admins'], 200],
    ['admins', 200],
    [['buyers'], 403],
  ])(
    'that names the roles %j is what the first of them in AUTH_ROLES makes of it: %i',
    async (roles, status) => {
      expect((await ask(issuer.token(key, claims(roles)))).status).toBe(status);
    },
  );

  test('has no more scopes than its role, nor than it names itself', async () => {
    const scopes = async (roles: string[], scope: unknown) =>
      (await callerOf(issuer.token(key, claims(roles, { scope })))).scopes;
    expect(await scopes(['admins'], SCOPE)).toEqual([
      ...['orders:read', 'orders:write', 'products:read', 'products:write', 'webhooks:manage'],
    ]);
    expect(await scopes(['shop-staff'], 'webhooks:manage orders:read')).toEqual(['orders:read']);
    expect(await scopes(['buyers'], ['orders:read', 'accounts:manage', 7])).toEqual(['orders:read']);
    expect(await scopes(['admins'], undefined)).toEqual([]);
    expect(await outcome(issuer.token(key, claims(['admins'], { scope: 'openid' })))).toEqual([
      403,
      'SCOPE_MISSING',
    ]);
  });

  test.each([
    ['no role', claims(null)],
    ['a role that counts nothing', claims(['admin'])],
    ['a role by a list in a list', claims([['admins']])],
    ['a role that every object has', claims(['admins'], { realm_access: [] })],
    ['no tenant', claims(['admins'], { 'https://comanda.example/tenant': undefined })],
    ['a tenant that there is not', claims(['admins'], { 'https://comanda.example/tenant': 'nowhere' })],
    ['a tenant that could not be', claims(['admins'], { 'https://comanda.example/tenant': '../north' })],
    ['what stands for no tenant', claims(['admins'], { 'https://comanda.example/tenant': 'no-tenant' })],
  ])('that names %s is refused in words', async (_, named) => {
    expect(await outcome(issuer.token(key, named))).toEqual([403, 'TOKEN_UNMAPPED']);
  });

  const soon = () => Math.floor(Date.now() / 1000);
  test.each<[string, () => object, unknown[]]>([
    ['of another issuer', () => ({ iss: 'https://evil.example/' }), FORGED],
    ['for another audience', () => ({ aud: 'https://issuer.example/userinfo' }), FORGED],
    ['for nobody in particular', () => ({ aud: undefined }), FORGED],
    ['for several, us among them', () => ({ aud: ['x', 'https://comanda.example/api'] }), GOOD],
    ['that never expires', () => ({ exp: undefined }), FORGED],
    ['that has expired', () => ({ exp: soon() - 60 }), [401, 'TOKEN_EXPIRED']],
    ['that is not good yet', () => ({ nbf: soon() + 60 }), FORGED],
    ['that comes from the future', () => ({ iat: soon() + 3600 }), FORGED],
    ['that was issued more than a day ago', () => ({ iat: soon() - 90_000 }), [401, 'TOKEN_EXPIRED']],
    ['that says not when it was issued', () => ({ iat: undefined }), FORGED],
    ['of nobody', () => ({ sub: undefined }), FORGED],
    ['of somebody without a name', () => ({ sub: '' }), [403, 'TOKEN_UNMAPPED']],
  ])('%s is answered so', async (_, more, answer) => {
    expect(await outcome(issuer.token(key, claims(['admins'], more())))).toEqual(answer);
  });

  test.each<[string, () => string]>([
    ['without a signature', () => issuer.unsigned(key)],
    ['whose signature is of the public key, as a secret', () => issuer.tokenByPublicKey(key, claims())],
    ['that says it is not', () => issuer.tokenByPublicKey(key, claims(), { alg: 'RS256' })],
    ['that names another algorithm of its key', () => issuer.token(key, claims(), { alg: 'PS256' })],
    ['that names the algorithm of another kind of key', () => issuer.token(key, claims(), { alg: 'ES256' })],
    ['that names the key of somebody else', () => issuer.token(stranger(), claims(), { kid: 'first' })],
    ['that brings its own key', () => issuer.token(stranger(), claims(), brought())],
    ['that demands what nobody knows', () => issuer.token(key, claims(), { crit: ['x'], x: 1 })],
    [
      'that is ours by name and theirs by key',
      () => issuer.token(key, claims(['admins'], { iss: 'comanda' })),
    ],
    [
      'that is theirs by name and ours by key',
      () =>
        gateway.jwt.sign({ ...claims(), iss: issuer.name, aud: issuer.audience, sub: 'x', exp: soon() + 60 }),
    ],
  ])('%s is forged', async (_, token) => {
    expect(await outcome(token())).toEqual(FORGED);
  });

  const foreigners = new Issuer();
  const stranger = () => foreigners.newKey('stranger');
  const brought = () => {
    const { publicKey } = stranger();
    return { jwk: publicKey.export({ format: 'jwk' }), jku: 'https://evil.example/keys', kid: 'stranger' };
  };

  test.each(['ES256', 'EdDSA'])('is good also when it is signed by %s', async (alg) => {
    const another = issuer.newKey(`by ${alg}`, alg);
    pass(2 * SECOND);
    expect(await outcome(issuer.token(another, claims()))).toEqual(GOOD);
  });

  test('belongs to an account of no password and no session', async () => {
    const { status, body } = await ask(issuer.token(key, claims()), '/api/v1/me/sessions');
    expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
  });
});

describe('the keys of the other issuer', () => {
  test('change: a new one counts at once, and one that was taken away for another minute', async () => {
    expect(await outcome(issuer.token(key, claims()))).toEqual(GOOD);
    const asked = issuer.asked;
    const next = issuer.newKey('second');
    pass(2 * SECOND);
    expect(await outcome(issuer.token(next, claims()))).toEqual(GOOD);
    expect(issuer.asked).toBe(asked + 1);
    issuer.withdraw('first');
    pass(MINUTE);
    // Asked beside a request, which does not wait for it.
    await ask(issuer.token(next, claims()));
    await until('the keys were asked for', () => issuer.asked > asked + 1);
    await until('the old key is gone', async () => (await ask(issuer.token(key, claims()))).status === 401);
    key = next;
  });

  test('are asked for once in a second at most, however many tokens name keys that there are not', async () => {
    pass(2 * SECOND);
    const asked = issuer.asked;
    const guesses = Array.from({ length: 20 }, (_, at) =>
      issuer.token(key, claims(), { kid: `guess ${at}` }),
    );
    const answers = [
      ...(await Promise.all(guesses.map((guess) => outcome(guess)))),
      await outcome(guesses[0] ?? ''),
    ];
    expect(answers).toEqual(answers.map(() => FORGED));
    expect(issuer.asked).toBe(asked + 1);
  });

  test.each<[string, RequestListener]>([
    ['with an error', (_, response) => response.writeHead(500).end()],
    ['never', () => undefined],
    ['that they are elsewhere', (_, response) => response.writeHead(302, { location: '/' }).end()],
    ['with what are no keys', (_, response) => response.end('{"keys":"none"}')],
    [
      'without end',
      (_, response) => void pipeline(Readable.from(endless()), response).catch(() => undefined),
    ],
  ])('are known for an hour after it has answered last; it answers %s', async (_, instead) => {
    expect(await outcome(issuer.token(key, claims()))).toEqual(GOOD);
    issuer.instead = instead;
    pass(30 * MINUTE);
    expect(await outcome(issuer.token(key, claims()))).toEqual(GOOD);
    pass(2 * SECOND);
    // Good or not, nobody knows: what names a key that is not known may come back.
    const unknown = await ask(issuer.token(issuer.newKey(`new ${now}`), claims()));
    expect([unknown.status, unknown.body.code]).toEqual([503, 'ISSUER_UNAVAILABLE']);
    expect(unknown.headers.get('retry-after')).toBe('3');
    // Nor is it asked again by each of them.
    const { asked } = issuer;
    expect(await outcome(issuer.token(issuer.newKey(`newer ${now}`), claims()))).toEqual([
      ...[503, 'ISSUER_UNAVAILABLE'],
    ]);
    expect(issuer.asked).toBe(asked);
    pass(HOUR);
    expect(await outcome(issuer.token(key, claims()))).toEqual([503, 'ISSUER_UNAVAILABLE']);
    const { email, accountId } = DEMO_ACCOUNTS[1];
    const ours = await gateway.call('POST', '/api/v1/auth/token', {
      body: { email, password: DEMO_PASSWORD },
    });
    expect(gateway.jwt.verify(ours.body.accessToken).sub).toBe(accountId);
    expect(await outcome(ours.body.accessToken)).toEqual(GOOD);

    issuer.instead = undefined;
    pass(2 * SECOND);
    expect(await outcome(issuer.token(key, claims()))).toEqual(GOOD);
    const said = gateway.log
      .map(({ msg }) => String(msg))
      .filter((msg) => msg.startsWith('the foreign issuer'));
    expect(said.slice(-2)).toEqual([
      'the foreign issuer does not tell its keys; those that are known count for an hour',
      'the foreign issuer tells its keys again',
    ]);
  });
});

function* endless() {
  for (;;) yield 'x'.repeat(65_536);
}
