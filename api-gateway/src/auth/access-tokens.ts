import { DEFAULT_TENANT, Id, newId, TenantId } from '@comanda/contracts';
import { BoundedMap } from '@comanda/kit';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { type Caller, Role } from './caller.js';
import { knownScopes, Scope } from './scopes.js';
import { ALGORITHM, type SigningKeys } from './signing-keys.js';

const LIFETIME_SECONDS = 3600;
/** In a session there is always a next one. */
const LIFETIME_IN_SESSION_SECONDS = 600;
const MAX_REMEMBERED = 10_000;
/** Who the tokens are for: this API, whatever the installation calls itself (`iss`). */
const AUDIENCE = 'comanda-api';

interface Verified {
  readonly caller: Caller;
  readonly expiresAt: number;
}

const Claims = z
  .object({
    sub: Id,
    role: Role,
    tenantId: TenantId.default(DEFAULT_TENANT),
    // A token without them is good for all that its account may do.
    scopes: z
      .array(z.string())
      .default([...Scope.options])
      .transform(knownScopes),
    sid: Id.optional(),
    home: TenantId.optional(),
    pwm: z.string().optional(),
    exp: z.number(),
  })
  .transform(
    ({ sub, sid, home, pwm, exp, ...claims }): Verified => ({
      caller: {
        ...{ accountId: sub, sessionId: sid, homeTenantId: home, ...claims },
        ...(sid === undefined && { passwordMark: pwm, endsAt: exp }),
      },
      expiresAt: exp * 1000,
    }),
  );

export type TokenCheck =
  /** `until`: it is good until then at least, in milliseconds since 1970. */
  | { readonly kind: 'valid'; readonly caller: Caller; readonly until: number }
  | { readonly kind: 'expired' }
  | { readonly kind: 'forged' }
  /** It is good, and nobody here knows who that would be. */
  | { readonly kind: 'unmapped' }
  /** Whether it is good can't be told at the moment. */
  | { readonly kind: 'unavailable' };

/**
 * Access tokens: JWT (RFC 7519), EdDSA and nothing else, one hour, or ten minutes in a session. They say who may act, where
 * (`home` is the tenant of the account where that is another one) and what they may do, and nothing personal. A token
 * that was verified is remembered until it expires, so that a client's next request costs no signature.
 */
export class AccessTokens {
  readonly #verified = new BoundedMap<string, Verified>(MAX_REMEMBERED);

  constructor(
    private readonly keys: SigningKeys,
    private readonly issuer: string,
    private readonly clock: () => number = () => Date.now(),
  ) {}

  /** A log-in without a session ends when it ends, however often its token is changed for another one. */
  async issue({
    accountId,
    role,
    tenantId,
    scopes,
    sessionId,
    homeTenantId,
    passwordMark,
    endsAt,
  }: Caller): Promise<{ accessToken: string; expiresIn: number }> {
    const { kid, privateKey } = this.keys.signing;
    const now = Math.floor(this.clock() / 1000);
    const expiresAt =
      sessionId === undefined ? (endsAt ?? now + LIFETIME_SECONDS) : now + LIFETIME_IN_SESSION_SECONDS;
    const accessToken = await new SignJWT({
      ...{ role, tenantId, scopes },
      ...(sessionId !== undefined && { sid: sessionId }),
      ...(homeTenantId !== undefined && { home: homeTenantId }),
      ...(passwordMark !== undefined && { pwm: passwordMark }),
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid })
      .setIssuer(this.issuer)
      .setAudience(AUDIENCE)
      .setSubject(accountId)
      .setJti(newId())
      .setIssuedAt(now)
      .setExpirationTime(expiresAt)
      .sign(privateKey);
    return { accessToken, expiresIn: expiresAt - now };
  }

  async check(token: string): Promise<TokenCheck> {
    const known = this.#verified.get(token);
    if (!known) return this.#verify(token);
    if (known.expiresAt > this.clock()) return valid(known);
    this.#verified.delete(token);
    return { kind: 'expired' };
  }

  async #verify(token: string): Promise<TokenCheck> {
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.#key(kid), {
        algorithms: [ALGORITHM],
        issuer: this.issuer,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp', 'iat', 'jti'],
        currentDate: new Date(this.clock()),
      });
      const verified = Claims.safeParse(payload).data;
      if (!verified) return { kind: 'forged' };
      this.#verified.set(token, verified);
      return valid(verified);
    } catch (error) {
      // jose throws for everything that is not a token of ours; that one has expired it says of no other.
      return { kind: error instanceof errors.JWTExpired ? 'expired' : 'forged' };
    }
  }

  #key(kid: string | undefined) {
    const key = this.keys.verifying(kid);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  }
}

const valid = ({ caller, expiresAt }: Verified): TokenCheck => ({ kind: 'valid', caller, until: expiresAt });
