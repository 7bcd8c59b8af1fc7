import { PaymentProviderCalled } from '@comanda/contracts';
import { type RequestContext, Requester } from '@comanda/messaging';
import { LOGGER } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { z } from 'zod';

/** News of one of our payments. */
export interface PaymentNews {
  readonly callId: string;
  readonly type: string;
  readonly tenantId: string;
  readonly orderId: string;
  readonly paymentId: string;
}

/** What every provider is answered. */
export const Received = z.object({ received: z.literal(true) });
export type Received = z.infer<typeof Received>;

/** Hands what a payment provider told us to payments-service. */
@Injectable()
export class ProviderNews {
  constructor(
    @Inject(Requester) private readonly requester: Requester,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @param provider as `PAYMENT_PROVIDER` names it */
  async tell(provider: string, news: PaymentNews, context: RequestContext): Promise<void> {
    const { tenantId, ...about } = news;
    await this.requester.send(
      PaymentProviderCalled,
      { provider, ...about },
      { ...context, tenantId, subject: news.paymentId },
    );
    this.logger.info(
      { ...news, provider, correlationId: context.correlationId },
      'the payment provider has news of a payment',
    );
  }
}
