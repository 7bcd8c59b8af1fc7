import { Command } from 'commander';
import { dryRunOption, exitWith, tenantOption } from '../command-line.js';
import { exportCatalogue, importCatalogue } from './catalogue.js';

/** `npm run catalogue`. */
export function catalogueCommand(): Command {
  const catalogue = new Command('catalogue').description('products as a CSV file');
  catalogue
    .command('import')
    .description('bring a file into the catalogue, all of it or nothing')
    .argument('<file.csv>')
    .addOption(dryRunOption())
    .addOption(tenantOption())
    .action(async (file: string, options: { dryRun: boolean; tenant: string }) =>
      exitWith(await importCatalogue(file, { dryRun: options.dryRun, tenantId: options.tenant })),
    );
  catalogue
    .command('export')
    .description('write the catalogue to a file, or to standard output')
    .argument('[file.csv]')
    .addOption(tenantOption())
    .action(async (file: string | undefined, options: { tenant: string }) =>
      exitWith(await exportCatalogue(file, options.tenant)),
    );
  return catalogue;
}
