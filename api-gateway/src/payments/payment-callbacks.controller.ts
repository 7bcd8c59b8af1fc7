import { PaymentProviderCalled } from '@comanda/contracts';
import { type RequestContext, Requester } from '@comanda/messaging';
import { LOGGER } from '@comanda/service-kit';
import { Controller, Headers, Inject, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Context } from '../auth/caller.js';
import type { GatewayConfig } from '../config.js';
import { CONFIG } from '../injection-tokens.js';
import { CountedIn } from '../limits/counted-in.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { newsIn } from './stripe-callback.js';

const Received = z.object({ received: z.literal(true) });

/** Where payment providers call. They have no token: what they send is signed. */
@ApiTags('payments')
@Controller(`${API}/payment-callbacks`)
@CountedIn('callbacks')
export class PaymentCallbacksController {
  constructor(
    @Inject(Requester) private readonly requester: Requester,
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
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
  async stripe(
    @Req() request: FastifyRequest,
    @Headers('stripe-signature') signature: string | undefined,
    @Context() context: RequestContext,
  ): Promise<z.infer<typeof Received>> {
    const secret = this.config.STRIPE_WEBHOOK_SECRET;
    if (secret === undefined)
      throw new Problem(404, 'NOT_FOUND', 'There is nothing here. See /docs for what there is.');
    const news = newsIn(request.rawBody ?? '', signature, secret);
    if (!news) return { received: true };
    const { tenantId, ...about } = news;
    const data = { provider: 'stripe', ...about };
    await this.requester.send(PaymentProviderCalled, data, { ...context, tenantId, subject: news.paymentId });
    this.logger.info({ ...news, correlationId: context.correlationId }, 'Stripe has news of a payment');
    return { received: true };
  }
}
