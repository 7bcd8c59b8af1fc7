import { DEFAULT_TENANT, Listing, ListTenants, MendPriceList, viewOf } from '@comanda/contracts';
import type { Requester } from '@comanda/messaging';
import { wholeCatalogue } from '../catalogue/whole-catalogue.js';
import { asking, contextOf } from '../operator.js';
import { print } from '../print.js';
import { Refused } from '../refused.js';

const [RIGHT, WRONG] = [0, 1];
const TIMEOUT_MS = 30_000;

interface RebuildOptions {
  readonly dryRun: boolean;
  /** Every tenant that has products when left out. */
  readonly tenantId: string | undefined;
}

const context = contextOf('price-list');

/** Compares the price list of orders-service with the catalogue, and mends it; resolves with the exit code. */
export const rebuildPriceList = (options: RebuildOptions): Promise<number> =>
  asking('price-list', (requester) => rebuild(requester, options));

async function rebuild(requester: Requester, { dryRun, tenantId }: RebuildOptions): Promise<number> {
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
    const products = page.map((entry) => viewOf(Listing, entry));
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
