import { NO_TENANT, newId } from '@comanda/contracts';
import type { Database } from '@comanda/storage';
import { Accounts, type KnownAccount } from '../accounts/accounts.js';
import { hashPassword } from '../accounts/passwords.js';
import { Tenants } from '../accounts/tenants.js';
import { MADE_BY } from '../auth/scopes.js';
import { Refused } from './refused.js';

/** Where a password comes from; asked only once everything else is known to be right. */
export type PasswordSource = () => Promise<string>;

export type Preset = keyof typeof MADE_BY;
export const ACCOUNT_PRESETS = Object.keys(MADE_BY);

/**
 * What an operator does with tenants and accounts, in the gateway's database: also before the gateway's first start,
 * and while it runs. Throws `Refused`.
 */
export class Administration {
  readonly #accounts: Accounts;
  readonly #tenants: Tenants;

  constructor(database: Database) {
    this.#accounts = new Accounts(database);
    this.#tenants = new Tenants(database);
  }

  async createTenant(tenantId: string): Promise<void> {
    if (tenantId === NO_TENANT)
      throw new Refused(`"${NO_TENANT}" stands for no tenant; choose another name.`);
    if (!(await this.#tenants.add(tenantId, now())))
      throw new Refused(`There is a tenant "${tenantId}" already.`);
  }

  async createAccount(
    { tenantId, email, preset }: { tenantId: string; email: string; preset: Preset },
    password: PasswordSource,
  ): Promise<KnownAccount> {
    await this.#requireTenant(tenantId);
    const taken = new Refused(`There is an account ${email} in the tenant ${tenantId} already.`);
    if (await this.#accounts.find(tenantId, email)) throw taken;
    const account = { tenantId, accountId: newId(), email, ...MADE_BY[preset], createdAt: now() };
    const added = await this.#accounts.add({
      ...account,
      passwordHash: await hashPassword(await password()),
    });
    if (!added) throw taken;
    return { ...account, closedAt: null };
  }

  /** Of one tenant, or of all; each tenant with its accounts, closed ones as well. */
  async list(tenantId: string | undefined): Promise<Map<string, readonly KnownAccount[]>> {
    if (tenantId !== undefined) await this.#requireTenant(tenantId);
    const accounts = new Map<string, readonly KnownAccount[]>();
    for (const tenant of tenantId === undefined ? await this.#tenants.list() : [tenantId])
      accounts.set(tenant, await this.#accounts.list(tenant));
    return accounts;
  }

  async setPreset(tenantId: string, email: string, preset: Preset): Promise<void> {
    const account = await this.#openAccount(tenantId, email);
    const { role, scopes } = MADE_BY[preset];
    if (account.role !== role)
      throw new Refused(`${email} is an account for ${account.role}; ${preset} is for ${role}.`);
    await this.#accounts.setScopes(account, scopes);
  }

  async setPassword(tenantId: string, email: string, password: PasswordSource): Promise<void> {
    const account = await this.#openAccount(tenantId, email);
    await this.#accounts.setPassword(account, await hashPassword(await password()));
  }

  async close(tenantId: string, email: string): Promise<void> {
    await this.#accounts.close(await this.#openAccount(tenantId, email), now());
  }

  async #openAccount(tenantId: string, email: string): Promise<KnownAccount> {
    await this.#requireTenant(tenantId);
    const account = await this.#accounts.find(tenantId, email);
    if (!account) throw new Refused(`There is no account ${email} in the tenant ${tenantId}.`);
    if (account.closedAt !== null)
      throw new Refused(`The account ${email} was closed at ${account.closedAt}.`);
    return account;
  }

  async #requireTenant(tenantId: string): Promise<void> {
    if (await this.#tenants.has(tenantId)) return;
    throw new Refused(
      `There is no tenant "${tenantId}". To make it: npm run accounts -- create-tenant ${tenantId}`,
    );
  }
}

const now = (): string => new Date().toISOString();
