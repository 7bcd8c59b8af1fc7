import { Id, TenantId } from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Controller, Headers, Inject, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Stripe from 'stripe';
import { z } from 'zod';
import { Context } from '../auth/caller.js';
import { CONFIG } from '../injection-tokens.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { type PaymentNews, ProviderNews, Received } from './provider-news.js';

export const stripeSettings = {
  /** Never printed. */
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\w+$/, 'must be the signing secret of the webhook endpoint at Stripe: whsec_...')
    .optional()
    .describe(
      'What Stripe signs its calls to /api/v1/payment-callbacks/stripe with (whsec_...). Without it they are not taken.',
    ),
};

@ApiTags('payments')
@Controller(`${API}/payment-callbacks`)
@CountedIn('callbacks')
export class StripeCallbackController {
  constructor(
    @Inject(ProviderNews) private readonly news: ProviderNews,
    @Inject(CONFIG) private readonly config: z.output<z.ZodObject<typeof stripeSettings>>,
  ) {}

  @Post('stripe')
  @RouteConfig({ rawBody: true })
  @ApiHeader({ name: 'Stripe-Signature', required: true })
  @Operation({
    summary: 'Take an event from Stripe',
    description:
      'Answered when the broker has it on disk; Stripe sends again what was not answered with 200. Events that are not about a payment of ours are received and left alone.',
    access: 'log-in',
    result: Received,
    problems: {
      400: 'The signature does not fit',
      404: 'This installation does not use Stripe',
    },
  })
  async take(
    @Req() request: FastifyRequest,
    @Headers('stripe-signature') signature: string | undefined,
    @Context() context: RequestContext,
  ): Promise<Received> {
    const secret = this.config.STRIPE_WEBHOOK_SECRET;
    if (secret === undefined)
      throw new Problem(404, 'NOT_FOUND', 'There is nothing here. See /docs for what there is.');
    const news = newsIn(request.rawBody ?? '', signature, secret);
    if (news) await this.news.tell('stripe', news, context);
    return { received: true };
  }
}

/** What is read of an event of Stripe's; there is more. https://docs.stripe.com/api/events/object */
const Event = z.object({
  id: z.string().max(255),
  type: z.string().max(100),
  data: z.object({ object: z.looseObject({ object: z.string() }) }),
});

/** An intent that payments-service has opened: it is marked with these. */
const OwnIntent = z.object({
  object: z.literal('payment_intent'),
  metadata: z.object({ tenantId: TenantId, orderId: Id, paymentId: Id }),
});

/**
 * Reads a call of Stripe's. Throws a 400 problem unless it is signed with our secret, and not long ago.
 * @param body the bytes as they came, for they are what is signed
 * @returns `undefined` when it is about something else than a payment of ours
 */
function newsIn(body: string, signature: string | undefined, secret: string): PaymentNews | undefined {
  const { id, type, data } = verified(body, signature, secret);
  const own = OwnIntent.safeParse(data.object);
  return own.success ? { callId: id, type, ...own.data.metadata } : undefined;
}

function verified(body: string, signature: string | undefined, secret: string): z.infer<typeof Event> {
  try {
    // Source: https://docs.stripe.com/webhooks#verify-official-libraries
    return Event.parse(Stripe.webhooks.constructEvent(body, signature ?? '', secret));
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeSignatureVerificationError || error instanceof z.ZodError))
      throw error;
    throw new Problem(
      400,
      'SIGNATURE_INVALID',
      'This is not an event that Stripe signed for us within the last five minutes. Check STRIPE_WEBHOOK_SECRET.',
    );
  }
}
