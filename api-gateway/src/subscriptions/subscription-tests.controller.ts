import { GetDelivery, Id, type ResultOf, TestSubscription } from '@comanda/contracts';
import { type RequestContext, Unavailable } from '@comanda/messaging';
import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Context } from '../auth/caller.js';
import { Nothing } from '../description/nothing.js';
import { CountedIn } from '../limits/counted-in.js';
import { API } from '../routes/api.js';
import { IdempotentId } from '../routes/idempotent-id.js';
import { Operation } from '../routes/operation.js';
import { pending } from '../routes/pending.js';
import { ServiceClient } from '../routes/service-client.js';
import { DeliveryWithAttempts } from './deliveries.controller.js';

const SubscriptionParams = z.strictObject({ subscriptionId: Id });

/** How long the endpoint is given before each look at what it has answered; longer ones are a 202. */
const PAUSES_MS = [50, 100, 150, 200, 250, 250];

/** Whether webhooks arrive, before there is anything to tell. */
@ApiTags('webhooks')
@Controller(`${API}/subscriptions/:subscriptionId`)
export class SubscriptionTestsController {
  constructor(@Inject(ServiceClient) private readonly services: ServiceClient) {}

  @Post('test')
  @CountedIn('tests')
  @Operation({
    id: 'testSubscription',
    summary: 'Send `webhook.test` to this subscription, and see what it answers',
    description:
      'Sent once, signed as any other, whatever the subscription asks for and also while it is disabled. It is in the history of deliveries and counts for nothing else. `attempts` has what the endpoint answered; `status` is FAILED when that was no 2xx. An endpoint that takes longer than a second is a 202: `Location` leads to the delivery, and the same request under its Idempotency-Key gets its end.',
    access: 'staff',
    scope: 'webhooks:manage',
    result: DeliveryWithAttempts,
    problems: { 404: ['UNKNOWN_SUBSCRIPTION'] },
    mayPend: true,
    idempotent: true,
  })
  async test(
    @Param({ schema: SubscriptionParams }) { subscriptionId }: z.infer<typeof SubscriptionParams>,
    @Body({ schema: Nothing }) _body: z.infer<typeof Nothing>,
    @IdempotentId({ names: 'test', within: 'subscriptionId' }) deliveryId: string,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.services.ask(TestSubscription, { subscriptionId, deliveryId }, context, subscriptionId);
    const ended = await this.#ended(deliveryId, context);
    return ended ?? pending(reply, `/${API}/deliveries/${deliveryId}`);
  }

  /** `undefined` when it has not ended yet, or cannot be asked for: it was sent for all that. */
  async #ended(
    deliveryId: string,
    context: RequestContext,
  ): Promise<ResultOf<typeof GetDelivery> | undefined> {
    try {
      for (const pause of PAUSES_MS) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        const delivery = await this.services.ask(GetDelivery, { deliveryId }, context, deliveryId);
        if (delivery.status !== 'PENDING') return delivery;
      }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
    }
    return undefined;
  }
}
