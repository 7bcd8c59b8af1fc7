import type { AttemptResult } from './attempt-result.js';

/** What stands where the address stood. */
export const WITHHELD = '[address]';

/**
 * The result of an attempt without the address that it went to: servers like to repeat it, and neither the log nor the
 * history may show it.
 */
export function withheld(result: AttemptResult, target: string): AttemptResult {
  // Also without what a service adds or leaves out: the sign before a number, the case of a domain.
  const pattern = new RegExp(target.replace(/^\+/, '').replaceAll(/\W/g, '\\$&'), 'gi');
  const hidden = Object.entries(result).map(([field, value]) => [
    field,
    typeof value === 'string' ? value.replaceAll(pattern, WITHHELD) : value,
  ]);
  return Object.fromEntries(hidden) as AttemptResult;
}
