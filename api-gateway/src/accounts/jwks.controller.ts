import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { SigningKeys } from '../auth/signing-keys.js';
import { KeySet } from '../description/key-set.js';
import { Operation } from '../routes/operation.js';

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
