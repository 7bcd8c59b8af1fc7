import type { ChannelName } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import type { AttemptResult } from '../domain/attempt-result.js';
import type { Attempt } from './channel.js';
import { EndpointLimits } from './endpoint-limits.js';
import type { Channels } from './index.js';

type Subscription = Pick<Attempt, 'target' | 'secrets'> & {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly channel: ChannelName;
};
type StoredEvent = Pick<Attempt, 'eventId' | 'type' | 'body'>;

/** Makes one attempt on the subscription's channel, within the limits of its endpoint. */
export class Sender {
  constructor(
    private readonly channels: Channels,
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly limits = new EndpointLimits(),
  ) {}

  /** @param options `force` ignores the limits, because a manual retry always sends. */
  async send(
    { tenantId, subscriptionId, channel, target, secrets }: Subscription,
    { eventId, type, body }: StoredEvent,
    options: { readonly force: boolean },
  ): Promise<AttemptResult> {
    const row = { tenantId, subscriptionId };
    const attempt = () => this.channels[channel].send({ row, target, secrets, eventId, type, body });
    const host = this.channels[channel].hostOf?.(target);
    const result = await this.limits.run(subscriptionId, attempt, { ...options, host });
    if (result.kind === 'failure' && result.cause !== undefined)
      this.logger.warn({ subscriptionId, eventId, cause: result.cause }, `not sent: ${result.detail}`);
    return result;
  }
}
