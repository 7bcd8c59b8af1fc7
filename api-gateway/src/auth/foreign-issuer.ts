import { DEFAULT_TENANT, derivedId, TenantId } from '@comanda/contracts';
import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { TokenCheck } from './access-tokens.js';
import type { Caller } from './caller.js';
import type { ForeignIssuerSettings } from './foreign-issuer-settings.js';
import { ForeignKeys, IssuerAway } from './foreign-keys.js';
import { bothOf, knownScopes, MADE_BY } from './scopes.js';

/** Signatures by a private key that the issuer alone has: never `none`, never a secret that both would know. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Nobody can take back a foreign token, so none counts for longer. */
const LONGEST_LIFE = '24h';
/** Clocks of two installations. */
const TOLERANCE_SECONDS = 10;

/** Access tokens that another issuer has signed, and who is who in them. Own tokens know nothing of it. */
export class ForeignIssuer {
  readonly #keys: ForeignKeys;

  constructor(
    private readonly settings: ForeignIssuerSettings,
    logger: Logger,
    private readonly clock: () => number = () => Date.now(),
  ) {
    this.#keys = new ForeignKeys(settings.jwksUrl, logger, clock);
  }

  /** Whether a token says that it comes from there, which `check` then asks its signature. */
  claims(token: string): boolean {
    try {
      return decodeJwt(token).iss === this.settings.issuer;
    } catch {
      return false; // no token at all: whoever is asked next says so
    }
  }

  async check(token: string): Promise<TokenCheck> {
    const { issuer, audience } = this.settings;
    try {
      const { payload } = await jwtVerify(token, this.#keys.find, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        requiredClaims: ['sub', 'exp', 'iat'],
        maxTokenAge: LONGEST_LIFE,
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(this.clock()),
      });
      const caller = callerOf(payload, this.settings);
      const until = (payload.exp ?? 0) * 1000;
      return caller ? { kind: 'valid', caller, until } : { kind: 'unmapped' };
    } catch (error) {
      if (error instanceof IssuerAway) return { kind: 'unavailable' };
      // jose throws for everything that is not a token of theirs, also for a key that is none.
      return { kind: error instanceof errors.JWTExpired ? 'expired' : 'forged' };
    }
  }
}

/** Whom the claims name: `undefined` when they name no tenant or no role that counts here. */
export function callerOf(claims: JWTPayload, settings: ForeignIssuerSettings): Caller | undefined {
  const { issuer, tenantClaim, roleClaim, roles, scopesClaim } = settings;
  const tenantId = TenantId.safeParse(
    tenantClaim === undefined ? DEFAULT_TENANT : claimOf(claims, tenantClaim),
  ).data;
  const named = wordsOf(claimOf(claims, roleClaim));
  const made = roles.find(({ value }) => value === '*' || named.includes(value));
  if (typeof claims.sub !== 'string' || claims.sub === '' || tenantId === undefined || !made)
    return undefined;
  const { role, scopes } = MADE_BY[made.as];
  return {
    // Ours are UUIDs, wherever they stand in messages. Two issuers may call two people the same.
    accountId: derivedId('foreign', issuer, claims.sub),
    tenantId,
    role,
    scopes:
      scopesClaim === undefined ? scopes : bothOf(scopes, knownScopes(wordsOf(claimOf(claims, scopesClaim)))),
    foreign: true,
  };
}

/** A claim by its name, or by the path that leads to it: `realm_access.roles`. Some names have dots themselves. */
function claimOf(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      claims,
    );
}

/** A list, or a text with a space between two, as RFC 6749 writes scopes. */
function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ');
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
}
