import type { Context } from '@comanda/messaging';
import { z } from 'zod';
import type { AttemptResult } from '../../domain/attempt-result.js';
import type {
  Attempt,
  Channel,
  ChannelDependencies,
  NewSecrets,
  SettingsOf,
  TargetCheck,
} from '../channel.js';
import { type AddressRules, type Cidr, LOOPBACK, NOT_ALLOWED, parseCidrs } from '../http/address-rules.js';
import { SafeHttpClient } from '../http/safe-http-client.js';
import { checkTargetUrl } from '../http/target-url.js';
import { SealedRings } from './sealed-rings.js';
import { liveSecrets } from './secret-ring.js';
import { newSigningSecret, parseSecret, type SecretParsing, signedHeaders } from './signature.js';

const Cidrs = z.string().transform((text, context): readonly Cidr[] => {
  const parsed = parseCidrs(text);
  if (parsed.kind === 'cidrs') return parsed.cidrs;
  context.addIssue({ code: 'custom', message: parsed.reason });
  return z.NEVER;
});

export const webhookSettings = {
  /** Networks with receivers of the operator's own; in the demo loopback, and nothing else may be listed. */
  WEBHOOK_ALLOWED_CIDRS: Cidrs.optional(),
};

const MAX_CONNECT_MS = 5_000;

/** Signed POSTs to HTTP endpoints of others, as Standard Webhooks describes them. */
export class WebhookChannel implements Channel {
  readonly #http: SafeHttpClient;
  readonly #rings: SealedRings;
  readonly #rules: AddressRules;
  readonly #timeoutMs: number;
  readonly #clock: () => Date;

  constructor(settings: SettingsOf<typeof webhookSettings>, { vault, clock }: ChannelDependencies) {
    const demo = settings.COMANDA_DEMO;
    this.#rules = {
      listed: settings.WEBHOOK_ALLOWED_CIDRS ?? (demo ? LOOPBACK : []),
      publicToo: !demo,
      refusal: NOT_ALLOWED,
    };
    const timeoutMs = settings.WEBHOOK_TIMEOUT_MS;
    this.#http = new SafeHttpClient({
      rules: this.#rules,
      connectTimeoutMs: Math.min(MAX_CONNECT_MS, timeoutMs),
    });
    this.#rings = new SealedRings(vault);
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  async checkTarget(target: string): Promise<TargetCheck> {
    const check = await checkTargetUrl(target, { rules: this.#rules });
    if (check.kind === 'allowed') return check;
    const { detail: reason, cause } = check;
    return { kind: 'refused', code: 'UNSAFE_TARGET', reason, ...(cause !== undefined && { cause }) };
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
