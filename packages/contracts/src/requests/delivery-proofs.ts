import { z } from 'zod';
import { defineQuery } from '../define.js';
import { Id, Word } from '../ids.js';
import { PublicJwk } from '../public-jwk.js';

const to = 'webhook-publisher';

export const GetDeliveryProof = defineQuery('webhooks.getDeliveryProof', {
  to,
  summary:
    'A signed statement of what was sent about one order: which events, to whom, when, and what was answered.',
  data: z.object({ orderId: Id, subscriptionId: Id.optional() }),
  result: z.object({ proof: Word }),
});

export const ListProofKeys = defineQuery('webhooks.listProofKeys', {
  to,
  summary: 'The public keys of every key that ever signed a delivery proof, newest first.',
  data: z.object({}),
  result: z.object({ keys: z.array(PublicJwk) }),
});
