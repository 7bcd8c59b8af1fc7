import { DEFAULT_TENANT } from '@comanda/contracts';
import { BoundedMap } from '@comanda/kit';
import type { JwtService } from '@nestjs/jwt';
import { z } from 'zod';
import { Caller } from './caller.js';

const LIFETIME_SECONDS = 3600;
const MAX_REMEMBERED = 10_000;

const Claims = z
  .object({
    sub: z.string(),
    role: z.string(),
    tenantId: z.string().default(DEFAULT_TENANT),
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
 * Access tokens: JWT (RFC 7519), HS256 and nothing else, one hour. A token that was verified is remembered until it
 * expires, so that a client's next request costs no signature.
 */
export class AccessTokens {
  readonly #verified = new BoundedMap<string, Verified>(MAX_REMEMBERED);

  constructor(
    private readonly jwt: JwtService,
    private readonly clock: () => number = Date.now,
  ) {}

  issue({ accountId, role, tenantId, email }: Caller & { readonly email: string }): {
    accessToken: string;
    expiresIn: number;
  } {
    const accessToken = this.jwt.sign(
      { role, tenantId, email },
      { subject: accountId, expiresIn: LIFETIME_SECONDS, algorithm: 'HS256' },
    );
    return { accessToken, expiresIn: LIFETIME_SECONDS };
  }

  check(token: string): TokenCheck {
    const verified = this.#verified.get(token) ?? this.#verify(token);
    if (!verified) return { kind: 'forged' };
    if (verified.expiresAt <= this.clock()) {
      this.#verified.delete(token);
      return { kind: 'expired' };
    }
    return { kind: 'valid', caller: verified.caller };
  }

  /** The claims of a token whose signature holds, expired or not. */
  #verify(token: string): Verified | undefined {
    try {
      const claims: unknown = this.jwt.verify(token, { algorithms: ['HS256'], ignoreExpiration: true });
      const verified = Claims.safeParse(claims).data;
      if (verified) this.#verified.set(token, verified);
      return verified;
    } catch {
      return undefined; // jsonwebtoken throws for everything that is not a token of ours
    }
  }
}
