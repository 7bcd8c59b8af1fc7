import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_TENANT, ListTenants, MendPriceList, TenantId } from '@comanda/contracts';
import type { Requester } from '@comanda/messaging';
import { asking, contextOf, NOT_POSSIBLE } from './operator.js';
import { Refused } from './refused.js';
import { print } from './terminal.js';
import { wholeCatalogue } from './whole-catalogue.js';

/** `npm run price-list`: compares the price list of orders-service with the catalogue of products-service, and mends it. */
const USAGE = `npm run price-list -- rebuild [--dry-run] [--tenant T]
Exit code: 0 it is right (now), 1 something is wrong and was left so (--dry-run), 2 it can't be told`;
const [RIGHT, WRONG] = [0, 1];
const TIMEOUT_MS = 30_000;

interface Wanted {
  readonly dryRun: boolean;
  /** Every tenant that has products when left out. */
  readonly tenantId: string | undefined;
}

const context = contextOf('price-list');

async function main(root: string): Promise<number> {
  const wanted = parsed(process.argv.slice(2));
  if (!wanted) return NOT_POSSIBLE;
  return await asking(root, 'price-list', (requester) => rebuild(requester, wanted));
}

function parsed(args: readonly string[]): Wanted | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { 'dry-run': { type: 'boolean', default: false }, tenant: { type: 'string' } },
      allowPositionals: true,
    });
    if (positionals.join(' ') !== 'rebuild') throw new Error('Say what to do.');
    if (values.tenant !== undefined && !TenantId.safeParse(values.tenant).success)
      throw new Error(`--tenant: there is no tenant "${values.tenant}".`);
    return { dryRun: values['dry-run'], tenantId: values.tenant };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

async function rebuild(requester: Requester, { dryRun, tenantId }: Wanted): Promise<number> {
  const tenants = tenantId === undefined ? await tenantsOf(requester) : [tenantId];
  let wrong = 0;
  for (const tenant of tenants) wrong += await rebuildOf(requester, tenant, dryRun);
  return dryRun && wrong > 0 ? WRONG : RIGHT;
}

async function tenantsOf(requester: Requester): Promise<string[]> {
  const subject = 'tenants';
  const answer = await requester.ask(
    ListTenants,
    {},
    {
      ...context(DEFAULT_TENANT),
      subject,
      timeoutMs: TIMEOUT_MS,
    },
  );
  if (!answer.ok) throw new Refused(answer.refusal);
  return answer.result.items;
}

/** Page by page, so that the list is locked for moments only. @returns how many entries were wrong */
async function rebuildOf(requester: Requester, tenantId: string, dryRun: boolean): Promise<number> {
  const counts = { compared: 0, missing: 0, stale: 0 };
  for await (const page of wholeCatalogue(requester, context(tenantId))) {
    const products = page.map(({ productId, price, currency, active, version }) => ({
      productId,
      price,
      currency,
      active,
      version,
    }));
    const answer = await requester.ask(
      MendPriceList,
      { products, dryRun },
      {
        ...context(tenantId),
        subject: tenantId,
        timeoutMs: TIMEOUT_MS,
      },
    );
    if (!answer.ok) throw new Refused(answer.refusal);
    const { missing, stale } = answer.result;
    for (const productId of missing) print(`${tenantId} ${productId} was missing`);
    for (const productId of stale) print(`${tenantId} ${productId} was out of date`);
    counts.compared += page.length;
    counts.missing += missing.length;
    counts.stale += stale.length;
  }
  const wrong = counts.missing + counts.stale;
  const outcome = wrong === 0 ? 'all is right' : dryRun ? 'nothing was changed' : 'all of it is mended';
  print(
    `${tenantId}: ${counts.compared} products, ${counts.missing} missing, ${counts.stale} out of date: ${outcome}`,
  );
  return wrong;
}

process.exitCode = await main(resolve(import.meta.dirname, '../..'));
