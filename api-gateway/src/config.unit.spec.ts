import { describe, expect, test } from '@jest/globals';
import { readGatewayConfig } from './config.js';

const GOOD = 'f2b7c1d4e8a9035612bc7de84f09a1b3c5d7e9f0';

describe('JWT_SECRET', () => {
  test.each([
    [undefined, 'must be set'],
    ['', 'must be set'],
    ['f2b7c1d4e8a903', 'at least 32 characters'],
    ['x'.repeat(64), 'too easy'],
    ['abcabcabcabcabcabcabcabcabcabcabcabcabc', 'too easy'],
    ['a-string-secret-at-least-256-bits-long', 'well known'],
    ['your-secret-key-change-in-production-please', 'well known'],
    ['change-me-change-me-change-me-change-me', 'well known'],
  ])('%s is refused outside demo mode', (secret, why) => {
    expect(() => readGatewayConfig({ JWT_SECRET: secret })).toThrow(new RegExp(`^JWT_SECRET: .*${why}`));
  });

  test('a good one is taken', () => {
    expect(readGatewayConfig({ JWT_SECRET: GOOD }).JWT_SECRET).toBe(GOOD);
  });

  test('those of before are a list, none of them weak', () => {
    const older = [`${GOOD}-1`, `${GOOD}-2`];
    const read = (list: string) => readGatewayConfig({ JWT_SECRET: GOOD, JWT_PREVIOUS_SECRETS: list });
    expect(read(older.join(', ')).JWT_PREVIOUS_SECRETS).toEqual(older);
    expect(readGatewayConfig({ JWT_SECRET: GOOD }).JWT_PREVIOUS_SECRETS).toEqual([]);
    for (const weak of ['short', `${GOOD},`, `${GOOD},${'x'.repeat(64)}`])
      expect(() => read(weak)).toThrow(/^JWT_PREVIOUS_SECRETS: number [12] (must|is) /);
    expect(() => read(`${GOOD},short`)).not.toThrow(GOOD);
  });

  test('in demo mode a missing one is made up, another at each start', () => {
    const made = [1, 2].map(() => readGatewayConfig({ COMANDA_DEMO: 'true' }).JWT_SECRET);
    expect(made[0]?.length).toBeGreaterThanOrEqual(32);
    expect(made[0]).not.toBe(made[1]);
  });
});

test('each problem is one line that names its variable', () => {
  const environment = { JWT_SECRET: 'weak', GATEWAY_PORT: 'http', RATE_LIMIT_PER_MINUTE: '-1' };
  expect(() => readGatewayConfig(environment)).toThrow(
    /^JWT_SECRET: .*\nGATEWAY_PORT: .*\nRATE_LIMIT_PER_MINUTE: .*$/,
  );
});

test('an origin is a scheme and a host, and never a pattern', () => {
  const read = (CORS_ORIGINS: string) => readGatewayConfig({ JWT_SECRET: GOOD, CORS_ORIGINS }).CORS_ORIGINS;
  expect(read('')).toEqual([]);
  expect(read('https://shop.example, http://localhost:5173')).toEqual([
    'https://shop.example',
    'http://localhost:5173',
  ]);
  for (const wrong of [
    '*',
    'null',
    'shop.example',
    'https://shop.example/',
    'https://*.example',
    'https://SHOP.example',
    'https://shop.example:443',
    'ftp://shop.example',
    'https://a.example,',
  ])
    expect(() => read(wrong)).toThrow(/^CORS_ORIGINS: ".*" is no origin like https:\/\/shop\.example/);
});

test('trusted proxies are addresses and networks, and nobody is trusted unless named', () => {
  const read = (TRUSTED_PROXIES?: string) => readGatewayConfig({ JWT_SECRET: GOOD, TRUSTED_PROXIES });
  expect(read().TRUSTED_PROXIES).toEqual([]);
  expect(read('10.0.0.7, 192.168.0.0/16,fd00::/8').TRUSTED_PROXIES).toEqual([
    '10.0.0.7',
    '192.168.0.0/16',
    'fd00::/8',
  ]);
  for (const bad of ['proxy', '10.0.0', '10.0.0.0/33', '10.0.0.0/x', '0.0.0.0/0', '::/129', 'true'])
    expect(() => read(bad)).toThrow(/^TRUSTED_PROXIES: must be addresses or networks/);
});

test('the time for headers is a part of the time for a request', () => {
  expect(() => readGatewayConfig({ JWT_SECRET: GOOD, HEADERS_TIMEOUT_MS: '31000' })).toThrow(
    /^HEADERS_TIMEOUT_MS: must not be longer than REQUEST_TIMEOUT_MS/,
  );
});

test('a webhook secret that is none is refused, and not printed', () => {
  const read = () => readGatewayConfig({ JWT_SECRET: GOOD, STRIPE_WEBHOOK_SECRET: 'sk_live_pasted' });
  expect(read).toThrow(
    /^STRIPE_WEBHOOK_SECRET: must be the signing secret of the webhook endpoint at Stripe/,
  );
  expect(read).not.toThrow(/pasted/);
  expect(readGatewayConfig({ JWT_SECRET: GOOD }).STRIPE_WEBHOOK_SECRET).toBeUndefined();
});

describe('another issuer', () => {
  const THEIRS = {
    AUTH_ISSUER: 'https://login.example/',
    AUTH_JWKS_URL: 'https://login.example/keys',
    AUTH_AUDIENCE: 'https://shop.example/api',
    AUTH_ROLES: 'shop-staff:shop, urn:x:admins:owner,*:customer',
  };
  const read = (more: Record<string, string | undefined> = {}) =>
    readGatewayConfig({ JWT_SECRET: GOOD, ...THEIRS, ...more });

  test('is there only where all is said of it', () => {
    expect(readGatewayConfig({ JWT_SECRET: GOOD }).foreignIssuer).toBeUndefined();
    expect(read().foreignIssuer).toEqual({
      ...{ issuer: 'https://login.example/', audience: 'https://shop.example/api' },
      ...{ jwksUrl: new URL('https://login.example/keys'), roleClaim: 'roles' },
      ...{ tenantClaim: undefined, scopesClaim: undefined },
      roles: [
        { value: 'shop-staff', as: 'shop' },
        { value: 'urn:x:admins', as: 'owner' },
        { value: '*', as: 'customer' },
      ],
    });
    for (const name of ['AUTH_JWKS_URL', 'AUTH_AUDIENCE', 'AUTH_ROLES'])
      expect(() => read({ [name]: '' })).toThrow(
        new RegExp(`^${name}: must be set, because AUTH_ISSUER is$`),
      );
    expect(() => read({ AUTH_ISSUER: '' })).toThrow(/^AUTH_JWKS_URL: is of no use without AUTH_ISSUER\n/);
  });

  test.each([
    ['AUTH_ISSUER', 'comanda', 'must not be TOKEN_ISSUER'],
    ['AUTH_JWKS_URL', 'http://login.example/keys', 'must be https'],
    ['AUTH_JWKS_URL', 'file:///etc/keys', 'must be an http'],
    ['AUTH_ROLES', 'admins', 'is no value:preset'],
    ['AUTH_ROLES', 'admins:god', 'the presets are customer, shop, integrator, owner, operator'],
    ['AUTH_ROLES', ':owner', 'is no value:preset'],
    ['AUTH_ROLES', 'admins:owner,', 'is no value:preset'],
    ['AUTH_ROLE_CLAIM', 'two words', 'must be the name of a claim'],
  ])('is refused with %s=%s', (name, value, why) => {
    expect(() => read({ [name]: value })).toThrow(new RegExp(`^${name}: .*${why}`));
  });
});
