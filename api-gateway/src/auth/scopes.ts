import { z } from 'zod';

/** What somebody may do, in the words of tokens and API keys. Each route names the one that it needs. */
export const Scope = z.enum([
  'orders:read',
  'orders:write',
  'products:read',
  'products:write',
  'webhooks:manage',
  'dead-letters:manage',
  'books:read',
  'reports:read',
  'accounts:manage',
  'api-keys:manage',
  'system:read',
  'tenants:all',
]);
export type Scope = z.infer<typeof Scope>;

/** Whoever has it may act in another tenant than their own, and back. */
export const FOR_ALL_TENANTS: Scope = 'tenants:all';

/** All that there is to do within one tenant. */
const OWNER = Scope.options.filter((scope) => scope !== 'system:read' && scope !== 'tenants:all');

/** Scopes that go together, by what somebody's work is. */
export const PRESETS = {
  shop: ['orders:read', 'orders:write', 'products:read', 'products:write', 'books:read', 'reports:read'],
  integrator: ['orders:read', 'webhooks:manage', 'api-keys:manage'],
  owner: OWNER,
  operator: Scope.options,
} as const satisfies Record<string, readonly Scope[]>;

/** Of every customer, for what is their own. */
export const CUSTOMER_SCOPES: readonly Scope[] = ['orders:read', 'orders:write', 'products:read'];

/** What somebody is made for, as a role with scopes; all but customers are staff. */
export const MADE_BY = {
  customer: { role: 'customer', scopes: CUSTOMER_SCOPES },
  shop: { role: 'staff', scopes: PRESETS.shop },
  integrator: { role: 'staff', scopes: PRESETS.integrator },
  owner: { role: 'staff', scopes: PRESETS.owner },
  operator: { role: 'staff', scopes: PRESETS.operator },
} as const satisfies Record<string, { readonly role: string; readonly scopes: readonly Scope[] }>;

/** Those that stand in both lists. */
export const bothOf = (one: readonly Scope[], other: readonly Scope[]): readonly Scope[] =>
  one.filter((scope) => other.includes(scope));

/** Those among these words that are known: a later version may have given more. */
export const knownScopes = (words: readonly string[]): readonly Scope[] =>
  Scope.options.filter((scope) => words.includes(scope));

/** As a column holds them, with a space between two, as RFC 6749 (section 3.3) writes them. */
export const StoredScopes = z.string().transform((text) => knownScopes(text.split(' ')));
export const storedScopes = (scopes: readonly Scope[]): string => knownScopes(scopes).join(' ');
