import { Word } from '@comanda/contracts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { productId } from '../description/examples.js';
import { named } from '../description/named.js';
import { RETRY_AFTER_SECONDS } from '../problems/problem.js';
import { API } from './api.js';

export const PendingView = named(
  'Pending',
  z.object({
    status: z.literal('PENDING').describe('The request is safe on disk, and will be carried out or refused'),
    location: Word.describe('Where to see what became of it; the same as in the header `Location`'),
  }),
  { status: 'PENDING', location: `/${API}/products/${productId}` },
);

/**
 * What a client gets whose command the broker has, while the service that carries it out does not answer. It is not
 * final: the same request under its Idempotency-Key is asked for again, and gets the service's answer.
 */
export class Pending implements z.infer<typeof PendingView> {
  readonly status = 'PENDING';
  constructor(readonly location: string) {}
}

/** Answers 202: look there. */
export function pending(reply: FastifyReply, location: string): Pending {
  reply.code(202).headers({ location, 'retry-after': RETRY_AFTER_SECONDS });
  return new Pending(location);
}
