import type { KeyObject } from 'node:crypto';
import { type PublicJwk, publicJwk } from '@comanda/contracts';
import { type SigningKey, signingKeyOf } from '@comanda/kit';

export const ALGORITHM = 'EdDSA';

/**
 * The keys of access tokens: one signs, all verify. A key comes from its secret alone, so gateways that share JWT_SECRET
 * share the key.
 */
export class SigningKeys {
  readonly #current: SigningKey;
  readonly #verifying: ReadonlyMap<string, SigningKey>;

  /** @param previous secrets whose tokens are not over yet */
  constructor(secret: string, previous: readonly string[] = []) {
    this.#current = keyOf(secret);
    this.#verifying = new Map([this.#current, ...previous.map(keyOf)].map((key) => [key.kid, key]));
  }

  get signing(): Pick<SigningKey, 'kid' | 'privateKey'> {
    return this.#current;
  }

  /** `undefined` for a key that is none of ours. */
  verifying(kid: string | undefined): KeyObject | undefined {
    return kid === undefined ? undefined : this.#verifying.get(kid)?.publicKey;
  }

  /** For others who verify our tokens. */
  get published(): PublicJwk[] {
    return [...this.#verifying.values()].map(publicJwk);
  }
}

const keyOf = (secret: string): SigningKey => signingKeyOf(secret, 'access tokens');
