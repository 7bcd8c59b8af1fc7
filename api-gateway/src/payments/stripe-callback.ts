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
import { ProviderNews, Received } from './provider-news.js';
import { newsIn, StripeEvent } from './stripe-event.js';

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
    id: 'takeStripeEvent',
    summary: 'Take an event from Stripe',
    description:
      'Answered when the broker has it on disk; Stripe sends again what was not answered with 200. Events of other types, and what is not an event at all, are received, counted and left alone.',
    access: 'log-in',
    result: Received,
    problems: { 400: ['SIGNATURE_INVALID'], 404: ['NOT_FOUND'] },
  })
  async take(
    @Req() request: FastifyRequest,
    @Headers('stripe-signature') signature: string | undefined,
    @Context() context: RequestContext,
  ): Promise<Received> {
    const secret = this.config.STRIPE_WEBHOOK_SECRET;
    if (secret === undefined)
      throw new Problem(404, 'NOT_FOUND', 'There is nothing here. See /docs for what there is.');
    const body = request.rawBody ?? Buffer.alloc(0);
    if (!isSigned(body, signature, secret))
      throw new Problem(
        400,
        'SIGNATURE_INVALID',
        'This is not an event that Stripe signed for us within the last five minutes. Check STRIPE_WEBHOOK_SECRET.',
      );
    const event = StripeEvent.safeParse(body.toString());
    this.news.count('stripe', event.data?.type ?? 'unread');
    const news = event.data && newsIn(event.data);
    if (news) await this.news.tell('stripe', news, context);
    return { received: true };
  }
}

/**
 * Whether Stripe signed this with our secret, and not long ago. The package's `constructEvent` refuses events of its second
 * API also when they are signed, so only the signature is its own. What can't be checked, for whatever reason, is not
 * signed.
 * @param body as it came, for that is what is signed
 */
function isSigned(body: Uint8Array, signature: string | undefined, secret: string): boolean {
  const { signature: signatures, DEFAULT_TOLERANCE } = Stripe.webhooks;
  try {
    // Source: https://docs.stripe.com/webhooks#verify-official-libraries
    return signatures?.verifyHeader(body, signature ?? '', secret, DEFAULT_TOLERANCE) === true;
  } catch {
    return false;
  }
}
