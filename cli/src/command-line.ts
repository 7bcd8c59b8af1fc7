import { DEFAULT_TENANT, TenantId } from '@comanda/contracts';
import { InvalidArgumentError, Option } from 'commander';

export function exitWith(code: number): void {
  process.exitCode = code;
}

export const dryRunOption = (): Option =>
  new Option('--dry-run', 'say what would be done, and do nothing').default(false, 'no');

/** Of one tenant; `default` when left out. */
export const tenantOption = (): Option => anyTenantOption().default(DEFAULT_TENANT);

/** Of one tenant; all of them when left out. */
export const anyTenantOption = (): Option =>
  new Option('--tenant <tenant>', 'of this tenant').argParser(tenantOf);

function tenantOf(text: string): string {
  if (!TenantId.safeParse(text).success) throw new InvalidArgumentError(`There is no tenant "${text}".`);
  return text;
}
