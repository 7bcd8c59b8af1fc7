import { trustedUrl } from '@comanda/service-kit';
import { z } from 'zod';
import { MADE_BY } from './scopes.js';

const Made = z.enum(Object.keys(MADE_BY) as [keyof typeof MADE_BY, ...(keyof typeof MADE_BY)[]]);
const claim = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be the name of a claim, or a path like org.id');

/** `shop-staff:shop,admins:owner,*:customer` */
const Roles = z.string().transform((text, context) =>
  text.split(',').map((part) => {
    const colon = part.lastIndexOf(':');
    const value = part.slice(0, Math.max(colon, 0)).trim();
    const as = Made.safeParse(part.slice(colon + 1).trim()).data;
    if (value !== '' && as !== undefined) return { value, as };
    context.addIssue({
      code: 'custom',
      message: `"${part}" is no value:preset; the presets are ${Made.options.join(', ')}`,
    });
    return z.NEVER;
  }),
);

/** Who else may say who somebody is, and how its claims are read. */
export interface ForeignIssuerSettings {
  readonly issuer: string;
  readonly jwksUrl: URL;
  readonly audience: string;
  /** Where the tenant stands; all are of the default tenant when left out. */
  readonly tenantClaim: string | undefined;
  readonly roleClaim: string;
  /** What values of that claim make of somebody: the first of them that fits. `*` fits anybody. */
  readonly roles: readonly { readonly value: string; readonly as: z.infer<typeof Made> }[];
  /** Where the scopes stand, which never give more than the role; all of the role's when left out. */
  readonly scopesClaim: string | undefined;
}

const NEEDED = ['AUTH_JWKS_URL', 'AUTH_AUDIENCE', 'AUTH_ROLES'] as const;

/** Nobody but ourselves issues tokens unless `AUTH_ISSUER` says who. */
export const ForeignIssuerSetting = z
  .object({
    TOKEN_ISSUER: z.string().max(200).default('comanda'),
    AUTH_ISSUER: z.string().max(200).optional(),
    AUTH_JWKS_URL: trustedUrl.optional(),
    AUTH_AUDIENCE: z.string().max(200).optional(),
    AUTH_TENANT_CLAIM: claim.optional(),
    AUTH_ROLE_CLAIM: claim.default('roles'),
    AUTH_ROLES: Roles.optional(),
    AUTH_SCOPES_CLAIM: claim.optional(),
  })
  .transform((set, problems): { foreignIssuer: ForeignIssuerSettings | undefined } => {
    const { AUTH_ISSUER: issuer, AUTH_JWKS_URL: url, AUTH_AUDIENCE: audience, AUTH_ROLES: roles } = set;
    const problem = (variable: string, message: string) =>
      problems.addIssue({ code: 'custom', path: [variable], message });
    if (issuer === undefined) {
      for (const name of NEEDED)
        if (set[name] !== undefined) problem(name, 'is of no use without AUTH_ISSUER');
      return { foreignIssuer: undefined };
    }
    if (issuer === set.TOKEN_ISSUER) problem('AUTH_ISSUER', 'must not be TOKEN_ISSUER, which is ourselves');
    for (const name of NEEDED)
      if (set[name] === undefined) problem(name, 'must be set, because AUTH_ISSUER is');
    if (url === undefined || audience === undefined || roles === undefined) return z.NEVER;
    return {
      foreignIssuer: {
        issuer,
        jwksUrl: new URL(url),
        audience,
        tenantClaim: set.AUTH_TENANT_CLAIM,
        roleClaim: set.AUTH_ROLE_CLAIM,
        roles,
        scopesClaim: set.AUTH_SCOPES_CLAIM,
      },
    };
  });
