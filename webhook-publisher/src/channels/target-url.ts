import { type Resolution, type ResolverOptions, resolveSafely } from './resolve-safely.js';

export interface TargetUrlOptions extends ResolverOptions {
  /** Only https targets: true in production. */
  readonly requireHttps: boolean;
  /** How long to wait for DNS, in milliseconds; a name that takes longer counts as not resolvable. */
  readonly dnsTimeoutMs?: number;
}

export type TargetRefusal =
  | 'malformed'
  | 'too-long'
  | 'scheme'
  | 'https-required'
  | 'credentials'
  | 'unsafe-address';

export type TargetCheck =
  | { readonly ok: true; readonly url: string }
  /** `detail` is written for the client who sent the target. */
  | { readonly ok: false; readonly reason: TargetRefusal; readonly detail: string };

const MAX_URL_LENGTH = 2048;
const DEFAULT_DNS_TIMEOUT_MS = 3000;

/**
 * Checks the target of a webhook when a subscription is made. It only spares a client a late surprise: DNS may
 * change afterwards, so every attempt is checked again while it dials. A name that does not resolve (yet) passes.
 */
export async function checkTargetUrl(text: string, options: TargetUrlOptions): Promise<TargetCheck> {
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
  return { ok: true, url: url.href };
}

function refuse(reason: TargetRefusal, detail: string): TargetCheck {
  return { ok: false, reason, detail };
}

function resolveInTime(host: string, options: TargetUrlOptions): Promise<Resolution> {
  const timeoutMs = options.dnsTimeoutMs ?? DEFAULT_DNS_TIMEOUT_MS;
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve({ kind: 'unresolved', error: new Error(`no DNS answer within ${timeoutMs} ms`) }),
      timeoutMs,
    );
    resolveSafely(host, options, (resolution) => {
      clearTimeout(timer);
      resolve(resolution);
    });
  });
}
