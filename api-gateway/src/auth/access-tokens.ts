import { DEFAULT_TENANT, newId } from '@comanda/contracts';
import { BoundedMap } from '@comanda/kit';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { Caller } from './caller.js';
import { knownScopes, Scope } from './scopes.js';
import { ALGORITHM, type SigningKeys } from './signing-keys.js';

const LIFETIME_SECONDS = 3600;
const MAX_REMEMBERED = 10_000;
/** Who the tokens are for: this API, whatever the installation calls itself (`iss`). */
const AUDIENCE = 'comanda-api';

const Claims = z
  .object({
    sub: z.string(),
    role: z.string(),
    tenantId: z.string().default(DEFAULT_TENANT),
    // A token without them is good for all that its account may do.
    scopes: z
      .array(z.string())
      .default([...Scope.options])
      .transform(knownScopes),
    exp: z.number(),
  })
  .transform(({ sub, exp, ...claims }) => ({ caller: { accountId: sub, ...claims }, expiresAt: exp * 1000 }))
  .pipe(z.object({ caller: Caller, expiresAt: z.number() }));
type Verified = z.infer<typeof Claims>;

export type TokenCheck =
  | { readonly kind: 'valid'; readonly caller: Caller }
  | { readonly kind: 'expired' }
  | { readonly kind: 'forged' };

/**
 * Access tokens: JWT (RFC 7519), EdDSA and nothing else, one hour. They say who may act and what they may do,
 * and nothing personal. A token
 * that was verified is remembered until it expires, so that a client's next request costs no signature.
 */
export class AccessTokens {
  readonly #verified = new BoundedMap<string, Verified>(MAX_REMEMBERED);

  constructor(
    private readonly keys: SigningKeys,
    private readonly issuer: string,
    private readonly clock: () => number = () => Date.now(),
  ) {}

  async issue({
    accountId,
    role,
    tenantId,
    scopes,
  }: Caller): Promise<{ accessToken: string; expiresIn: number }> {
    const { kid, privateKey } = this.keys.signing;
    const now = Math.floor(this.clock() / 1000);
    const accessToken = await new SignJWT({ role, tenantId, scopes })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid })
      .setIssuer(this.issuer)
      .setAudience(AUDIENCE)
      .setSubject(accountId)
      .setJti(newId())
      .setIssuedAt(now)
      .setExpirationTime(now + LIFETIME_SECONDS)
      .sign(privateKey);
    return { accessToken, expiresIn: LIFETIME_SECONDS };
  }

  async check(token: string): Promise<TokenCheck> {
    const known = this.#verified.get(token);
    if (!known) return this.#verify(token);
    if (known.expiresAt > this.clock()) return { kind: 'valid', caller: known.caller };
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
      return { kind: 'valid', caller: verified.caller };
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
