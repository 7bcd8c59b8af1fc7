import { parseArgs } from 'node:util';
import { DEFAULT_TENANT, TenantId } from '@comanda/contracts';

export const USAGE = `npm run catalogue -- import FILE.csv [--dry-run] [--tenant T]
npm run catalogue -- export [FILE.csv] [--tenant T]`;

export type Command =
  | { readonly kind: 'import'; readonly file: string; readonly dryRun: boolean; readonly tenantId: string }
  /** To standard output without a file. */
  | { readonly kind: 'export'; readonly file: string | undefined; readonly tenantId: string };

/** @throws Error with one line that says what is wrong with the arguments */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { 'dry-run': { type: 'boolean', default: false }, tenant: { type: 'string' } },
    allowPositionals: true,
  });
  const [kind = '', file, ...rest] = positionals;
  const { tenant: tenantId = DEFAULT_TENANT, 'dry-run': dryRun } = values;
  if (rest.length > 0) throw new Error(`"${rest[0]}" is one argument too many.`);
  if (!TenantId.safeParse(tenantId).success) throw new Error(`--tenant: there is no tenant "${tenantId}".`);
  switch (kind) {
    case 'import':
      if (file === undefined) throw new Error('import needs a file.');
      return { kind, file, dryRun, tenantId };
    case 'export':
      if (dryRun) throw new Error('export does not take --dry-run.');
      return { kind, file, tenantId };
    default:
      throw new Error(kind === '' ? 'Say what to do.' : `There is no command "${kind}".`);
  }
}
