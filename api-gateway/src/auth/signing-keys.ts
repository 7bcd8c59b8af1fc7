import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { z } from 'zod';

export const ALGORITHM = 'EdDSA';

/** RFC 8410: what stands before the 32 bytes of a private Ed25519 key in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** A public key as RFC 7517 and RFC 8037 write it. */
export const PublicJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string().describe('The RFC 7638 thumbprint of the key'),
  alg: z.literal(ALGORITHM),
  use: z.literal('sig'),
});
export type PublicJwk = z.infer<typeof PublicJwk>;

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: PublicJwk;
}

/**
 * The keys of access tokens: one signs, all verify. A key comes from its secret alone, so gateways that share JWT_SECRET
 * share the key and need no file for it.
 */
export class SigningKeys {
  readonly #verifying: ReadonlyMap<string, SigningKey>;

  private constructor(
    private readonly current: SigningKey,
    older: readonly SigningKey[],
  ) {
    this.#verifying = new Map([current, ...older].map((key) => [key.kid, key]));
  }

  /** @param previous secrets whose tokens are not over yet */
  static async from(secret: string, previous: readonly string[] = []): Promise<SigningKeys> {
    return new SigningKeys(await keyOf(secret), await Promise.all(previous.map(keyOf)));
  }

  get signing(): Pick<SigningKey, 'kid' | 'privateKey'> {
    return this.current;
  }

  /** `undefined` for a key that is none of ours. */
  verifying(kid: string | undefined): KeyObject | undefined {
    return kid === undefined ? undefined : this.#verifying.get(kid)?.publicKey;
  }

  /** For others who verify our tokens. */
  get published(): PublicJwk[] {
    return [...this.#verifying.values()].map(({ jwk }) => jwk);
  }
}

async function keyOf(secret: string): Promise<SigningKey> {
  const seed = Buffer.from(hkdfSync('sha256', secret, 'comanda', 'access tokens', SEED_BYTES));
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const { kty, crv, x } = PublicJwk.pick({ kty: true, crv: true, x: true }).parse(
    publicKey.export({ format: 'jwk' }),
  );
  const kid = await calculateJwkThumbprint({ kty, crv, x });
  return { kid, privateKey, publicKey, jwk: { kty, crv, x, kid, alg: ALGORITHM, use: 'sig' } };
}
