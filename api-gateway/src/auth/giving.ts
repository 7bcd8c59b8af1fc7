import { z } from 'zod';
import { Problem } from '../problems/problem.js';
import type { Caller } from './caller.js';
import { Scope } from './scopes.js';

/** The scopes that a request gives to somebody. */
export const GivenScopes = z.array(Scope).min(1).max(Scope.options.length);

/** Nobody gives away a scope that they lack. */
export function refuseToGiveMore({ scopes }: Caller, given: readonly Scope[]): void {
  const lacking = given.filter((scope) => !scopes.includes(scope));
  if (lacking.length === 0) return;
  throw new Problem(403, 'SCOPE_MISSING', `Nobody gives what they lack: ${lacking.join(', ')}.`);
}

/** The account that answers for what a caller makes: keys and invitations end with it. */
export function accountBehind({ accountId, keyOf, foreign, homeTenantId }: Caller): string {
  if (!foreign && homeTenantId === undefined) return keyOf ?? accountId;
  throw new Problem(
    403,
    'FORBIDDEN',
    foreign
      ? 'An account here must answer for this, and who is named by another issuer has none.'
      : `An account of this tenant must answer for this, and yours is of the tenant ${homeTenantId}.`,
  );
}
