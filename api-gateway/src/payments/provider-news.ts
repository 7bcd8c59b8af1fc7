import { NO_TENANT, PaymentProviderCalled } from '@comanda/contracts';
import { type RequestContext, Requester } from '@comanda/messaging';
import { LOGGER } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { z } from 'zod';
import { named } from '../description/named.js';
import { metrics } from '../http/metrics.js';
import { orLater } from '../routes/or-later.js';

/** News of a payment. Whose it is payments-service looks up when the provider does not say so. */
export interface PaymentNews {
  readonly callId: string;
  readonly type: string;
  readonly about: 'charge' | 'money-back';
  readonly tenantId?: string | undefined;
  readonly orderId?: string | undefined;
  readonly paymentId?: string | undefined;
  /** What the provider calls the payment, or what it captured. */
  readonly reference?: string | undefined;
  readonly charge?: string | undefined;
}

/** What every provider is answered. */
export const Received = named('Received', z.object({ received: z.literal(true) }), { received: true });
export type Received = z.infer<typeof Received>;

/** Hands what a payment provider told us to payments-service. */
@Injectable()
export class ProviderNews {
  constructor(
    @Inject(Requester) private readonly requester: Requester,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Every call that is signed counts, known or not; one that can't be read as `unread`. */
  count(provider: string, type: string): void {
    metrics.providerCalls.inc({ provider, type });
  }

  /** @param provider as `PAYMENT_PROVIDER` names it */
  async tell(provider: string, news: PaymentNews, context: RequestContext): Promise<void> {
    const { tenantId = NO_TENANT, ...rest } = news;
    const subject = news.paymentId ?? news.reference ?? news.charge ?? news.callId;
    const options = { ...context, tenantId, subject };
    await orLater(this.requester.send(PaymentProviderCalled, { provider, ...rest }, options));
    this.logger.info(
      { ...news, provider, correlationId: context.correlationId },
      'the payment provider has news of a payment',
    );
  }
}
