import { GetDeliveryProof, Id, ListProofKeys, type ResultOf } from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Controller, Get, Header, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Context } from '../auth/caller.js';
import { RecentAnswers } from '../auth/recent-answers.js';
import { KeySet } from '../description/key-set.js';
import { named } from '../description/named.js';
import { OrderParams } from '../orders/orders.controller.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { ServiceClient } from '../routes/service-client.js';

const ProofQuery = z.strictObject({ subscriptionId: Id.optional() });
/** Whoever verifies proofs needs no key that is younger. */
const FRESH_MS = 60_000;

const DeliveryProof = named(
  'DeliveryProof',
  z.object({
    proof: z.string().describe('A compact JWS (RFC 7515); docs/delivery-proof.md says what is in it'),
  }),
  {
    proof:
      'eyJhbGciOiJFZERTQSIsInR5cCI6ImRlbGl2ZXJ5LXByb29mK2p3cyIsImtpZCI6ImtQcksifQ.eyJ0ZW5hbnRJZCI6ImRlZmF1bHQifQ.c2lnbmF0dXJl',
  },
);

/** What was sent about an order, to be shown to others: they verify it with the public keys alone. */
@ApiTags('webhooks')
@Controller()
export class DeliveryProofsController {
  readonly #keys = new RecentAnswers<ResultOf<typeof ListProofKeys>>(FRESH_MS, Date.now);

  constructor(@Inject(ServiceClient) private readonly services: ServiceClient) {}

  @Get(`${API}/orders/:orderId/delivery-proof`)
  @Operation({
    id: 'getDeliveryProof',
    summary: 'A signed statement of what was sent about an order, when, and what was answered',
    description:
      'For somebody else, who verifies it offline with the keys of `/.well-known/delivery-proof-keys.json`. It has hashes of bodies and answers, and of a target only scheme, host and port.',
    access: 'staff',
    scope: 'webhooks:manage',
    result: DeliveryProof,
    problems: { 404: ['NOTHING_SENT'], 409: ['PROOF_TOO_LARGE'] },
  })
  get(
    @Param({ schema: OrderParams }) params: OrderParams,
    @Query({ schema: ProofQuery }) query: z.infer<typeof ProofQuery>,
    @Context() context: RequestContext,
  ) {
    return this.services.ask(GetDeliveryProof, { ...params, ...query }, context, params.orderId);
  }

  @Get('.well-known/delivery-proof-keys.json')
  @Header('cache-control', 'public, max-age=300')
  @Operation({
    id: 'listDeliveryProofKeys',
    summary: 'The public keys that verify delivery proofs (RFC 7517), also those of former keys',
    access: 'log-in',
    result: KeySet,
  })
  keys(@Context() context: RequestContext) {
    return this.#keys.get('all', () => this.services.ask(ListProofKeys, {}, context, 'proof keys')).answer;
  }
}
