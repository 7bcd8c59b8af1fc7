import { z } from 'zod';
import { Word } from './ids.js';

/** A public Ed25519 key as RFC 7517 and RFC 8037 write it. */
export const PublicJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: Word,
  kid: Word.describe('The RFC 7638 thumbprint of the key'),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
});
export type PublicJwk = z.infer<typeof PublicJwk>;

/** The public part of a key, for who verifies what it signs. */
export const publicJwk = ({ kid, x }: Pick<PublicJwk, 'kid' | 'x'>): PublicJwk => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x,
  kid,
  alg: 'EdDSA',
  use: 'sig',
});
