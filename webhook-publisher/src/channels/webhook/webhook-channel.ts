import type { Context } from '@comanda/messaging';
import { yesNo } from '@comanda/service-kit';
import type { AttemptResult } from '../../domain/attempt-result.js';
import type {
  Attempt,
  Channel,
  ChannelDependencies,
  NewSecrets,
  SettingsOf,
  TargetCheck,
} from '../channel.js';
import { SafeHttpClient } from '../http/safe-http-client.js';
import { checkTargetUrl, type TargetUrlOptions } from '../http/target-url.js';
import { SealedRings } from './sealed-rings.js';
import { liveSecrets } from './secret-ring.js';
import { newSigningSecret, parseSecret, type SecretParsing, signedHeaders } from './signature.js';

export const webhookSettings = { WEBHOOK_ALLOW_PRIVATE_HOSTS: yesNo(false) };

const MAX_CONNECT_MS = 5_000;

/** Signed POSTs to HTTP endpoints of others, as Standard Webhooks describes them. */
export class WebhookChannel implements Channel {
  readonly #http: SafeHttpClient;
  readonly #rings: SealedRings;
  readonly #targetRules: TargetUrlOptions;
  readonly #timeoutMs: number;
  readonly #clock: () => Date;

  constructor(settings: SettingsOf<typeof webhookSettings>, { vault, clock }: ChannelDependencies) {
    const allowPrivateHosts = settings.WEBHOOK_ALLOW_PRIVATE_HOSTS;
    const timeoutMs = settings.WEBHOOK_TIMEOUT_MS;
    this.#http = new SafeHttpClient({
      allowPrivateHosts,
      connectTimeoutMs: Math.min(MAX_CONNECT_MS, timeoutMs),
    });
    this.#rings = new SealedRings(vault);
    this.#targetRules = { allowPrivateHosts, requireHttps: !settings.COMANDA_DEMO && !allowPrivateHosts };
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  async checkTarget(target: string): Promise<TargetCheck> {
    const check = await checkTargetUrl(target, this.#targetRules);
    return check.kind === 'allowed'
      ? check
      : { kind: 'refused', code: 'UNSAFE_TARGET', reason: check.detail };
  }

  newSecrets(provided: string | undefined, chance: Pick<Context, 'newSecret'>): NewSecrets {
    const parsed: SecretParsing =
      provided === undefined
        ? { kind: 'secret', secret: newSigningSecret(chance.newSecret()) }
        : parseSecret(provided);
    if (parsed.kind === 'malformed') return { kind: 'refused', reason: parsed.reason };
    const { secret } = parsed;
    const sealed = this.#rings.seal({ current: secret, retired: [] }, chance.newSecret());
    return { kind: 'secrets', shown: secret, sealed };
  }

  async send({ target, secrets, eventId, body }: Attempt): Promise<AttemptResult> {
    if (secrets === null) throw new Error(`there is no secret to sign the event ${eventId} with`);
    const now = this.#clock().getTime();
    const headers = signedHeaders({ id: eventId, body }, liveSecrets(this.#rings.open(secrets), now), now);
    return this.#http.post({ url: target, body, headers }, { timeoutMs: this.#timeoutMs });
  }
}
