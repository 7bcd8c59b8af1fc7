import { DEFAULT_TENANT } from '@comanda/contracts';
import type { Logger } from 'pino';
import { CUSTOMER_SCOPES, PRESETS } from '../auth/scopes.js';
import type { Accounts } from './accounts.js';
import { hashPassword } from './passwords.js';

export const DEMO_PASSWORD = 'comanda-demo';

/** Their ids are fixed, so that the orders of an earlier start still belong to them. */
export const DEMO_ACCOUNTS = [
  {
    accountId: '0190a000-0000-7000-8000-00000000ac01',
    email: 'customer@demo.local',
    role: 'customer',
    scopes: CUSTOMER_SCOPES,
  },
  {
    accountId: '0190a000-0000-7000-8000-00000000ac02',
    email: 'staff@demo.local',
    role: 'staff',
    scopes: PRESETS.operator,
  },
] as const;

/** Whose password everybody knows. Outside demo mode nobody is let in under these ids. */
export const DEMO_ACCOUNT_IDS: ReadonlySet<string> = new Set(DEMO_ACCOUNTS.map(({ accountId }) => accountId));

/** Adds the demo accounts that are not there yet. */
export async function seedDemoAccounts(accounts: Accounts): Promise<void> {
  for (const demo of DEMO_ACCOUNTS) {
    if (await accounts.find(DEFAULT_TENANT, demo.email)) continue;
    await accounts.add({
      ...demo,
      tenantId: DEFAULT_TENANT,
      passwordHash: await hashPassword(DEMO_PASSWORD),
      createdAt: new Date().toISOString(),
    });
  }
}

/** Removes them from a database that a demo has used. */
export async function removeDemoAccounts(accounts: Accounts, logger: Logger): Promise<void> {
  for (const { accountId } of DEMO_ACCOUNTS) {
    const email = await accounts.remove(DEFAULT_TENANT, accountId);
    if (email !== undefined)
      logger.warn({ accountId, email }, 'removed an account of the demo: its password is public');
  }
}
