import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from '../accounts/demo-accounts.js';
import { Tenants } from '../accounts/tenants.js';
import { GatewayUnderTest } from '../../test/gateway-under-test.js';
import { Issuer } from '../../test/issuer.js';

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
/** Longer than any request may take; an answer that comes later fails the test. */
const NEVER_LONGER_MS = 2_000;

let issuer: Issuer;
let key: ReturnType<Issuer['newKey']>;
const gateway = new GatewayUnderTest();
let clock: ReturnType<typeof jest.spyOn>;
let now: number;
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
    AUTH_ROLES: 'shop-staff:shop,admins:owner,buyers:customer',
    AUTH_SCOPES_CLAIM: 'scope',
  });
  await gateway.app.get(Tenants).add('north', new Date().toISOString());
  key = issuer.newKey('first');
});
afterAll(async () => {
  await gateway.close();
  await issuer.stop();
});
beforeEach(() => {
  now = Date.now();
  clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
  issuer.instead = undefined;
});
afterEach(() => clock.mockRestore());

const SCOPE = 'openid orders:read orders:write products:read products:write webhooks:manage tenants:all';
const claims = (roles: unknown = ['admins'], more: object = {}) => ({
  'https://comanda.example/tenant': 'north',
  realm_access: { roles },
  scope: SCOPE,
  ...more,
});
const ask = (token: string, path = '/api/v1/event-types') =>
  Promise.race([
    gateway.call('GET', path, { token, noNewAccount: true }),
    new Promise<never>((_, reject) =>
      setTimeout(reject, NEVER_LONGER_MS, new Error('it took too long')).unref(),
    ),
  ]);
const outcome = async (token: string, path?: string) => {
  const { status, body } = await ask(token, path);
  return status < 300 ? [status] : [status, body.code];
};
