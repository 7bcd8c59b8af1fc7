import { DATABASE } from '@comanda/service-kit';
import type { Database } from '@comanda/storage';
import { Folder, testDatabaseUrl } from '@comanda/test-kit';
import { afterAll, beforeAll, jest } from '@jest/globals';
import { Tenants } from '../src/accounts/tenants.js';
import { type Called, type CallOptions, GatewayUnderTest } from './gateway-under-test.js';

/** Two instances on one database, for the tests of this file. */
export function useTwoGateways(environment: Record<string, string> = {}) {
  const folder = new Folder();
  const gateways = [new GatewayUnderTest(), new GatewayUnderTest()] as const;
  beforeAll(async () => {
    const GATEWAY_DATABASE_URL = testDatabaseUrl(folder.file('gateway.db'));
    for (const gateway of gateways) await gateway.start({ ...environment, GATEWAY_DATABASE_URL });
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    folder.remove();
  });
  const [one, other] = gateways;
  return {
    one,
    other,
    call: (method: string, path: string, options?: CallOptions): Promise<Called> =>
      one.call(method, `/api/v1${path}`, options),
    callOther: (method: string, path: string, options?: CallOptions): Promise<Called> =>
      other.call(method, `/api/v1${path}`, { noNewAccount: true, ...options }),
    makeTenant: (tenantId: string) =>
      new Tenants(one.app.get<Database>(DATABASE)).add(tenantId, new Date().toISOString()),
  };
}

/** Does something as if so much time had passed. */
export async function later<T>(ms: number, act: () => Promise<T>): Promise<T> {
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + ms);
  try {
    return await act();
  } finally {
    clock.mockRestore();
  }
}
