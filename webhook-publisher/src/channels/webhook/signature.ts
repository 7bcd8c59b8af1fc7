import { createHmac } from 'node:crypto';
import { isPrivateKey, type PrivateKey, signWith } from './key-pair.js';

declare const brand: unique symbol;

/** A checked secret that the receiver has as well: `whsec_` followed by the base64 of 24 to 64 bytes. */
export type SharedSecret = string & { readonly [brand]: 'SharedSecret' };

/** What signs: a shared secret (`v1`), or a private key whose public key the receiver has (`v1a`). */
export type SigningSecret = SharedSecret | PrivateKey;

export type SecretParsing<Secret extends SigningSecret = SharedSecret> =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'malformed'; readonly reason: string };

/** What is signed: the event's id, the unix time of this attempt in seconds, and the exact bytes of the body. */
export interface SignedMessage {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
}

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Bounds of a symmetric secret in Standard Webhooks 1.0.0. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

function hasSecretShape(text: string): text is SharedSecret {
  if (!text.startsWith(PREFIX)) return false;
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64').length;
  return BASE64.test(encoded) && bytes >= MIN_SECRET_BYTES && bytes <= MAX_SECRET_BYTES;
}

/** Accepts a secret that a client brought along. */
export function parseSecret(text: string): SecretParsing {
  return hasSecretShape(text)
    ? { kind: 'secret', secret: text }
    : {
        kind: 'malformed',
        reason: `must be "${PREFIX}" followed by the base64 of ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes`,
      };
}

/** Accepts whatever signs, as it was read back from storage. */
export const parseSigningSecret = (text: string): SecretParsing<SigningSecret> =>
  isPrivateKey(text) ? { kind: 'secret', secret: text } : parseSecret(text);

/** Makes a secret from the 32 bytes of a cryptographic source. */
export function newSharedSecret(bytes: Uint8Array): SharedSecret {
  const text = PREFIX + Buffer.from(bytes).toString('base64');
  if (!hasSecretShape(text)) throw new Error(`${bytes.length} bytes are no signing secret`);
  return text;
}

/**
 * The value of `webhook-signature`, over `id.timestamp.body`: `v1,<base64 HMAC-SHA256>` for each shared secret and
 * `v1a,<base64 Ed25519>` for each private key, separated by spaces, so that a receiver which knows any of them can verify.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function sign(message: SignedMessage, secrets: readonly SigningSecret[]): string {
  if (secrets.length === 0) throw new Error('a webhook cannot be signed without a secret');
  // Full stops join the id and the timestamp: another one inside would let two messages share a signature.
  if (message.id.includes('.')) throw new Error('the id of a signed webhook cannot contain a full stop');
  if (!Number.isSafeInteger(message.timestamp)) throw new Error('the timestamp must be whole unix seconds');
  const content = `${message.id}.${message.timestamp}.${message.body}`;
  return secrets
    .map((secret) =>
      isPrivateKey(secret) ? `v1a,${signWith(secret, content)}` : `v1,${hmac(secret, content)}`,
    )
    .join(' ');
}

/** The three headers of an attempt made at `now` (milliseconds since the epoch). */
export function signedHeaders(
  event: { readonly id: string; readonly body: string },
  secrets: readonly SigningSecret[],
  now: number,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = Math.floor(now / 1000);
  return {
    'webhook-id': event.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign({ ...event, timestamp }, secrets),
  };
}

function hmac(secret: SharedSecret, content: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}
