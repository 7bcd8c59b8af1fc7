import { CustomHeaders, headersOf, secretOf } from '@comanda/contracts';
import { sealFor } from '@comanda/kit';
import type { Context } from '@comanda/messaging';
import { z } from 'zod';
import type { AttemptResult } from '../../domain/attempt-result.js';
import { SealBroken, type SealedRow } from '../../storage/secret-vault.js';
import type {
  Attempt,
  ChangedHeaders,
  Channel,
  ChannelDependencies,
  HeadersToChange,
  NewSecrets,
  RotatedSecrets,
  SecretsToMake,
  SecretsToRotate,
  SettingsOf,
  TargetCheck,
} from '../channel.js';
import { defineChannel } from '../define-channel.js';
import { type AddressRules, type Cidr, LOOPBACK, NOT_ALLOWED, parseCidrs } from '../http/address-rules.js';
import { answeredBy } from '../http/answered.js';
import { SafeHttpClient } from '../http/safe-http-client.js';
import { checkTargetUrl } from '../http/target-url.js';
import { isPrivateKey, newPrivateKey, publicKeyOf } from './key-pair.js';
import { SealedRings } from './sealed-rings.js';
import { fullUntil, liveSecrets, rotated, type SecretRing } from './secret-ring.js';
import {
  newSharedSecret,
  parseSecret,
  type SecretParsing,
  type SigningSecret,
  signedHeaders,
} from './signature.js';

const Cidrs = z.string().transform((text, context): readonly Cidr[] => {
  const parsed = parseCidrs(text);
  if (parsed.kind === 'cidrs') return parsed.cidrs;
  context.addIssue({ code: 'custom', message: parsed.reason });
  return z.NEVER;
});

const webhookSettings = {
  WEBHOOK_ALLOWED_CIDRS: Cidrs.optional().describe(
    'Networks of your own to which webhooks may go besides public addresses, also over plain http: ' +
      '10.20.0.0/16,fd12::/16. Without it they go to public addresses over https, and in demo mode to loopback and ' +
      'nowhere else. The metadata services of clouds and link-local addresses are refused whatever stands here.',
  ),
};

const MAX_CONNECT_MS = 5_000;

const namesOf = ({ headers }: SecretRing): string[] | null => {
  const names = Object.keys(headers);
  return names.length === 0 ? null : names;
};

/** What was wrong is not said: it might repeat a value. The gateway has said it before. */
const MALFORMED_HEADERS = {
  kind: 'refused',
  about: 'headers',
  reason: "can't be opened, or may not be sent",
} as const;

/** What the gateway lets in (printable ASCII) can stand in a header; anything else stands in the body alone. */
const correlationHeader = (correlationId: string | null) =>
  correlationId !== null && /^[\x20-\x7e]+$/.test(correlationId) ? { 'x-correlation-id': correlationId } : {};

/** Signed POSTs to HTTP endpoints of others, as Standard Webhooks describes them. */
class WebhookChannel implements Channel {
  readonly #http: SafeHttpClient;
  readonly #rings: SealedRings;
  readonly #rules: AddressRules;

  constructor(
    private readonly settings: SettingsOf<typeof webhookSettings>,
    private readonly dependencies: ChannelDependencies,
  ) {
    const demo = settings.COMANDA_DEMO;
    this.#rules = {
      listed: settings.WEBHOOK_ALLOWED_CIDRS ?? (demo ? LOOPBACK : []),
      publicToo: !demo,
      refusal: NOT_ALLOWED,
    };
    this.#http = new SafeHttpClient({
      rules: this.#rules,
      connectTimeoutMs: Math.min(MAX_CONNECT_MS, settings.WEBHOOK_TIMEOUT_MS),
      ...dependencies.network,
    });
    this.#rings = new SealedRings(dependencies.vault);
  }

  async checkTarget(target: string): Promise<TargetCheck> {
    const check = await checkTargetUrl(target, { rules: this.#rules });
    if (check.kind === 'allowed') return check;
    const { detail: reason, cause } = check;
    return { kind: 'refused', code: 'UNSAFE_TARGET', reason, ...(cause !== undefined && { cause }) };
  }

  get sealFor(): string {
    return this.dependencies.vault.publicKey;
  }

  hostOf(target: string): string | undefined {
    const url = URL.parse(target);
    return url ? `${url.hostname}:${url.port || (url.protocol === 'http:' ? 80 : 443)}` : undefined;
  }

  newSecrets(
    { row, signature, brought, headers: sealed, answerKey }: SecretsToMake,
    chance: Pick<Context, 'newSecret'>,
  ): NewSecrets {
    const headers = this.#headers(sealed ?? null, row);
    if (headers === undefined) return MALFORMED_HEADERS;
    const about = secretOf(row.tenantId, row.subscriptionId);
    const ringOf = (current: SigningSecret): SecretRing => ({ current, retired: [], rotations: [], headers });
    if (signature === 'v1a') {
      if (brought !== undefined)
        return { kind: 'refused', about: 'secret', reason: 'v1a signs with a key of ours; leave it out' };
      return this.#stored(ringOf(newPrivateKey(chance.newSecret())), { row, answerKey }, chance);
    }
    const parsed: SecretParsing =
      brought === undefined
        ? { kind: 'secret', secret: newSharedSecret(chance.newSecret()) }
        : this.#opened(brought, about);
    if (parsed.kind === 'malformed') return { kind: 'refused', about: 'secret', reason: parsed.reason };
    return this.#stored(ringOf(parsed.secret), { row, answerKey }, chance);
  }

  rotateSecrets(
    { row, secrets, rotationId, now, answerKey }: SecretsToRotate,
    chance: Pick<Context, 'newSecret'>,
  ): RotatedSecrets {
    const ring = this.#rings.open(secrets, row);
    if (ring.rotations.includes(rotationId)) return { kind: 'repeated' };
    const until = fullUntil(ring, now);
    if (until !== undefined) return { kind: 'too-many', until };
    const make = isPrivateKey(ring.current) ? newPrivateKey : newSharedSecret;
    const next = rotated(ring, make(chance.newSecret()), { rotationId, now });
    return this.#stored(next, { row, answerKey }, chance);
  }

  changeHeaders(
    { row, secrets, headers: sealed }: HeadersToChange,
    chance: Pick<Context, 'newSecret'>,
  ): ChangedHeaders {
    const headers = this.#headers(sealed, row);
    if (headers === undefined) return MALFORMED_HEADERS;
    const ring = { ...this.#rings.open(secrets, row), headers };
    const stored = this.#rings.seal(ring, row, chance.newSecret());
    return { kind: 'headers', stored, headerNames: namesOf(ring) };
  }

  /** By their names in small letters; `undefined` when they don't open or may not be sent. */
  #headers(sealed: string | null, row: SealedRow): Record<string, string> | undefined {
    if (sealed === null) return {};
    const about = headersOf(row.tenantId, row.subscriptionId);
    try {
      const headers = CustomHeaders.safeParse(JSON.parse(this.dependencies.vault.receive(sealed, about)));
      if (!headers.success) return undefined;
      return Object.fromEntries(
        Object.entries(headers.data).map(([name, value]) => [name.toLowerCase(), value]),
      );
    } catch (error) {
      if (error instanceof SealBroken || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** A ring as its row keeps it, and what the one who asked is shown of its current secret. */
  #stored(
    ring: SecretRing,
    { row, answerKey }: Pick<SecretsToRotate, 'row' | 'answerKey'>,
    chance: Pick<Context, 'newSecret'>,
  ): NewSecrets {
    const stored = this.#rings.seal(ring, row, chance.newSecret());
    const headerNames = namesOf(ring);
    if (isPrivateKey(ring.current))
      return { kind: 'secrets', stored, headerNames, publicKey: publicKeyOf(ring.current) };
    const about = secretOf(row.tenantId, row.subscriptionId);
    const answer = this.#answer(answerKey, ring.current, about, chance.newSecret());
    if (answer === undefined)
      return { kind: 'refused', about: 'secret', reason: 'nothing can be sealed for the answerKey' };
    return { kind: 'secrets', stored, headerNames, answer };
  }

  #opened(brought: string, about: string): SecretParsing {
    try {
      return parseSecret(this.dependencies.vault.receive(brought, about));
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      return { kind: 'malformed', reason: `can't be opened: ${error.message}` };
    }
  }

  /** `undefined` for a key that is none: who asks may be anybody on the broker. */
  #answer(answerKey: string, secret: string, about: string, randomness: Uint8Array): string | undefined {
    try {
      return sealFor(answerKey, secret, about, randomness);
    } catch {
      return undefined;
    }
  }

  async send({ row, target, secrets, eventId, correlationId, body }: Attempt): Promise<AttemptResult> {
    if (secrets === null) throw new Error(`there is no secret to sign the event ${eventId} with`);
    const now = this.dependencies.clock().getTime();
    const ring = this.#rings.open(secrets, row);
    const headers = {
      ...ring.headers,
      ...signedHeaders({ id: eventId, body }, liveSecrets(ring, now), now),
      ...correlationHeader(correlationId),
    };
    const answer = await this.#http.post(
      { url: target, body, headers },
      { timeoutMs: this.settings.WEBHOOK_TIMEOUT_MS },
    );
    return answer.kind === 'failure' ? answer : answeredBy(answer, this.dependencies.clock().getTime());
  }
}

export const webhook = defineChannel(
  { settings: webhookSettings, needs: [] },
  (given, dependencies) => new WebhookChannel(given, dependencies),
);
