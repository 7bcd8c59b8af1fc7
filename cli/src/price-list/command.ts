import { Command } from 'commander';
import { anyTenantOption, dryRunOption, exitWith } from '../command-line.js';
import { rebuildPriceList } from './price-list.js';

/** `npm run price-list`. */
export function priceListCommand(): Command {
  const priceList = new Command('price-list').description('the copy of the prices in orders-service');
  priceList
    .command('rebuild')
    .description('compare the price list with the catalogue of products-service, and mend it')
    .addOption(dryRunOption())
    .addOption(anyTenantOption())
    .addHelpText(
      'after',
      '\nExit code: 0 it is right (now), 1 something is wrong and was left so (--dry-run), 2 it can not be told',
    )
    .action(async ({ dryRun, tenant }: { dryRun: boolean; tenant?: string }) =>
      exitWith(await rebuildPriceList({ dryRun, tenantId: tenant })),
    );
  return priceList;
}
