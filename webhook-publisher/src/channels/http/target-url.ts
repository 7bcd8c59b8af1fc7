import { TimedOut, withTimeout } from '@comanda/kit';
import { type Resolution, type ResolverOptions, resolveSafely } from './resolve-safely.js';

export interface TargetUrlOptions extends ResolverOptions {
  /** Only https targets: true in production. */
  readonly requireHttps: boolean;
  /** How long to wait for DNS, in milliseconds. A name that takes longer counts as not resolvable. */
  readonly dnsTimeoutMs?: number;
}

export type UrlRefusal =
  | 'malformed'
  | 'too-long'
  | 'scheme'
  | 'https-required'
  | 'credentials'
  | 'unsafe-address';

export type UrlCheck =
  | { readonly kind: 'allowed' }
  /** `detail` is written for the client who sent the target. */
  | { readonly kind: 'refused'; readonly reason: UrlRefusal; readonly detail: string };

const MAX_URL_LENGTH = 2048;
const DEFAULT_DNS_TIMEOUT_MS = 3000;

/**
 * Checks a URL when a client subscribes. This only spares the client a late surprise: DNS may change afterwards, so the
 * connector checks again at every attempt. A name that does not resolve yet passes.
 */
export async function checkTargetUrl(text: string, options: TargetUrlOptions): Promise<UrlCheck> {
  if (text.length > MAX_URL_LENGTH)
    return refuse('too-long', `must have at most ${MAX_URL_LENGTH} characters`);
  const url = URL.parse(text);
  if (url === null) return refuse('malformed', 'must be an absolute URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refuse('scheme', 'must begin with https://');
  if (url.protocol === 'http:' && options.requireHttps)
    return refuse('https-required', 'must begin with https://');
  if (url.username !== '' || url.password !== '') {
    return refuse('credentials', 'must not contain a user name or password');
  }
  const resolution = await resolveInTime(url.hostname.replace(/^\[(.*)\]$/, '$1'), options);
  if (resolution.kind === 'unsafe') return refuse('unsafe-address', resolution.error.message);
  return { kind: 'allowed' };
}

function refuse(reason: UrlRefusal, detail: string): UrlCheck {
  return { kind: 'refused', reason, detail };
}

async function resolveInTime(host: string, options: TargetUrlOptions): Promise<Resolution> {
  const resolution = new Promise<Resolution>((done) => resolveSafely(host, options, done));
  try {
    return await withTimeout(resolution, options.dnsTimeoutMs ?? DEFAULT_DNS_TIMEOUT_MS, 'DNS');
  } catch (error) {
    if (error instanceof TimedOut) return { kind: 'unresolved', error };
    throw error;
  }
}
