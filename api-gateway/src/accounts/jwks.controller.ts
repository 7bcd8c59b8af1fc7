import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { PublicJwk, SigningKeys } from '../auth/signing-keys.js';
import { named } from '../description/named.js';
import { Operation } from '../routes/operation.js';

const key = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  alg: 'EdDSA',
  use: 'sig',
} as const;
const KeySet = named('KeySet', z.object({ keys: z.array(named('PublicKey', PublicJwk, key)) }), {
  keys: [key],
});

/** Who else verifies our tokens finds the keys here; one that meets an unknown `kid` asks again. */
@ApiTags('auth')
@Controller('.well-known/jwks.json')
export class JwksController {
  constructor(@Inject(SigningKeys) private readonly keys: SigningKeys) {}

  @Get()
  @Header('cache-control', 'public, max-age=300')
  @Operation({
    id: 'listPublicKeys',
    summary: 'The public keys that verify access tokens (RFC 7517)',
    access: 'log-in',
    result: KeySet,
  })
  list(): z.infer<typeof KeySet> {
    return { keys: this.keys.published };
  }
}
