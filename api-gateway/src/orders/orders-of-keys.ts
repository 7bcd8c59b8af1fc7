import { GetOrderBodyHash } from '@comanda/contracts';
import { type RequestContext, Requester } from '@comanda/messaging';
import { LOGGER } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { type Caller, viewerOf } from '../auth/caller.js';
import type { GatewayConfig } from '../config.js';
import { CONFIG } from '../injection-tokens.js';
import { keyReused } from '../routes/idempotency-key.js';
import { OptionalService } from '../routes/optional-service.js';

/**
 * An Idempotency-Key names the same order for ever, also after the gateway has forgotten the key. orders-service keeps
 * what the order was asked for by, so that another request under the old key is not taken for a repeat of it.
 */
@Injectable()
export class OrdersOfKeys {
  readonly #orders: OptionalService;

  constructor(
    @Inject(Requester) requester: Pick<Requester, 'ask'>,
    @Inject(LOGGER) logger: Logger,
    @Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'PRODUCT_LOOK_UP_MS'>,
  ) {
    this.#orders = new OptionalService(requester, logger, {
      service: 'orders-service',
      without: 'keys that are new here are accepted unchecked, and it decides later',
      withIt: 'keys are checked',
    });
  }

  /**
   * Throws a 422 problem when this order was placed before by another body. When orders-service does not answer in time
   * the order is accepted: orders-service then leaves the older one as it is.
   */
  async refuseOtherBody(
    orderId: string,
    bodyHash: string,
    caller: Caller,
    context: RequestContext,
  ): Promise<void> {
    const options = { ...context, subject: orderId, timeoutMs: this.config.PRODUCT_LOOK_UP_MS };
    const answer = await this.#orders.ask(GetOrderBodyHash, { orderId, viewer: viewerOf(caller) }, options);
    if (answer?.ok && answer.result.bodyHash !== null && answer.result.bodyHash !== bodyHash)
      throw keyReused();
  }
}
