import type { ChannelName, Language } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import type { AttemptResult } from '../domain/attempt-result.js';
import { countInMetrics } from './attempt-metrics.js';
import type { Attempt } from './channel.js';
import type { Endpoints } from './endpoints.js';
import type { Channels } from './index.js';

type Subscription = Pick<Attempt, 'target' | 'secrets'> & {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly channel: ChannelName;
  /** `null` where nobody reads what is sent. */
  readonly locale: Language | null;
  readonly rateLimitPerSecond: number | null;
};
type StoredEvent = Pick<Attempt, 'eventId' | 'type' | 'correlationId' | 'body'>;

/** Makes one attempt on the subscription's channel, at the pace of its endpoint. */
export class Sender {
  constructor(
    private readonly channels: Channels,
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly endpoints: Endpoints,
  ) {}

  /** @param options `force` ignores the pace, because a manual retry always sends. */
  async send(
    { tenantId, subscriptionId, channel, target, secrets, locale, rateLimitPerSecond }: Subscription,
    { eventId, type, correlationId, body }: StoredEvent,
    { deliveryId, force }: { readonly deliveryId: string; readonly force: boolean },
  ): Promise<AttemptResult> {
    const row = { tenantId, subscriptionId };
    const means = this.channels[channel];
    const language = locale ?? 'en';
    const attempt = () =>
      means.send({ row, target, deliveryId, language, secrets, eventId, type, correlationId, body });
    const result = await this.endpoints.run(subscriptionId, attempt, {
      force,
      tenantId,
      target,
      rateLimit: rateLimitPerSecond,
      host: means.hostOf?.(target),
      freeAt: means.freeAt && (() => means.freeAt?.(target) ?? 0),
    });
    countInMetrics(subscriptionId, result);
    if (result.kind === 'failure' && result.cause !== undefined)
      this.logger.warn(
        { subscriptionId, eventId, correlationId, cause: result.cause },
        `not sent: ${result.detail}`,
      );
    return result;
  }
}
