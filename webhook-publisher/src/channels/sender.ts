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
  readonly mutedUntil: string | null;
};
type StoredEvent = Pick<Attempt, 'deliveryId' | 'eventId' | 'type' | 'correlationId' | 'body'>;

/** Makes attempts on the subscription's channel, at the pace of its endpoint. */
export class Sender {
  constructor(
    private readonly channels: Channels,
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly endpoints: Endpoints,
  ) {}

  /**
   * Makes one attempt: with one event, or with several where the channel folds them.
   *
   * @param options `force` ignores the pace, because a manual retry always sends.
   */
  async send(
    {
      tenantId,
      subscriptionId,
      channel,
      target,
      secrets,
      locale,
      rateLimitPerSecond,
      mutedUntil,
    }: Subscription,
    [first, ...more]: readonly [StoredEvent, ...StoredEvent[]],
    { force }: { readonly force: boolean },
  ): Promise<AttemptResult> {
    const means = this.channels[channel];
    const language = locale ?? 'en';
    const attemptWith = ({ deliveryId, eventId, type, correlationId, body }: StoredEvent): Attempt => ({
      ...{ row: { tenantId, subscriptionId }, target, language, secrets },
      ...{ deliveryId, eventId, type, correlationId, body },
    });
    const attempt = () => {
      if (more.length === 0) return means.send(attemptWith(first));
      if (!means.folding) throw new Error(`${channel} sends each event by itself`);
      return means.folding.send([attemptWith(first), ...more.map(attemptWith)]);
    };
    const result = await this.endpoints.run(subscriptionId, attempt, {
      force,
      tenantId,
      target,
      rateLimit: rateLimitPerSecond,
      host: means.hostOf?.(target),
      freeAt: means.freeAt && (() => means.freeAt?.(target) ?? 0),
      together: means.folding?.most,
      mutedUntil,
    });
    for (const { eventId, correlationId } of [first, ...more]) {
      countInMetrics(subscriptionId, result);
      if (result.kind === 'failure' && result.cause !== undefined)
        this.logger.warn(
          { subscriptionId, eventId, correlationId, cause: result.cause },
          `not sent: ${result.detail}`,
        );
    }
    return result;
  }
}
