import type { Channel } from '@comanda/contracts';
import { z } from 'zod';
import type { EndpointLimits } from '../channels/endpoint-limits.js';
import type { TelegramChannel } from '../channels/telegram-channel.js';
import type { WebhookChannel } from '../channels/webhook-channel.js';
import type { AttemptResult } from '../domain/attempt-result.js';
import { renderMessage } from '../domain/message-templates.js';
import { liveSecrets } from '../domain/secret-rotation.js';
import { signedHeaders } from '../domain/signature.js';
import { OpenRings } from '../storage/secret-ring.js';
import type { SecretVault } from '../storage/secret-vault.js';

interface Target {
  readonly subscriptionId: string;
  readonly channel: Channel;
  readonly target: string;
  readonly secrets: string | null;
}

interface StoredEvent {
  readonly eventId: string;
  readonly type: string;
  readonly body: string;
}

export interface SenderOptions {
  readonly vault: SecretVault;
  readonly webhooks: WebhookChannel;
  /** Absent when no bot is configured. */
  readonly telegram: TelegramChannel | undefined;
  readonly limits: EndpointLimits;
  readonly timeoutMs: number;
}

const Body = z.object({ data: z.unknown() });

/** Makes one attempt on the channel of the subscription. */
export class Sender {
  readonly #rings: OpenRings;

  constructor(private readonly options: SenderOptions) {
    this.#rings = new OpenRings(options.vault);
  }

  send(to: Target, event: StoredEvent, { force }: { force: boolean }): Promise<AttemptResult> {
    const attempt = to.channel === 'webhook' ? () => this.#post(to, event) : () => this.#tell(to, event);
    return this.options.limits.run(to.subscriptionId, attempt, { force });
  }

  #post(to: Target, { eventId, body }: StoredEvent): Promise<AttemptResult> {
    const { webhooks, timeoutMs } = this.options;
    if (to.secrets === null) throw new Error(`subscription ${to.subscriptionId} has no secret to sign with`);
    const now = Date.now();
    const headers = {
      ...signedHeaders({ id: eventId, body }, liveSecrets(this.#rings.open(to.secrets), now), now),
    };
    return webhooks.send({ url: to.target, body, headers }, { timeoutMs });
  }

  async #tell(to: Target, { type, body }: StoredEvent): Promise<AttemptResult> {
    const { telegram } = this.options;
    if (!telegram)
      return { kind: 'refused', status: 400, detail: 'TELEGRAM_BOT_TOKEN is not configured', durationMs: 0 };
    const { data } = Body.parse(JSON.parse(body));
    return telegram.send({ chatId: to.target, html: renderMessage({ type, data }, 'en') });
  }
}
