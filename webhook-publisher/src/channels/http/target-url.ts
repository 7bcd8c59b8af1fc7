import { TimedOut, withTimeout } from '@comanda/kit';
import { HTTPS_REQUIRED, rulesOver } from './address-rules.js';
import { type Resolution, type ResolverOptions, resolveSafely } from './resolve-safely.js';

export interface TargetUrlOptions extends ResolverOptions {
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
  /** `detail` is written for the client who sent the target, `cause` for the log alone. */
  | {
      readonly kind: 'refused';
      readonly reason: UrlRefusal;
      readonly detail: string;
      readonly cause?: string;
    };

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
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('scheme', HTTPS_REQUIRED);
  if (url.username !== '' || url.password !== '') {
    return refuse('credentials', 'must not contain a user name or password');
  }
  const rules = rulesOver(url.protocol, options.rules);
  const resolution = await resolveInTime(url.hostname.replace(/^\[(.*)\]$/, '$1'), { ...options, rules });
  if (resolution.kind === 'unsafe') {
    const { message, reason } = resolution.error;
    const refusal = message === HTTPS_REQUIRED ? 'https-required' : 'unsafe-address';
    return refuse(refusal, message === HTTPS_REQUIRED ? message : `is ${message}`, reason);
  }
  // Without https it must lead to a listed address, which can't be said of a name that leads nowhere yet.
  if (resolution.kind === 'unresolved' && rules.refusal === HTTPS_REQUIRED)
    return refuse('https-required', HTTPS_REQUIRED);
  return { kind: 'allowed' };
}

function refuse(reason: UrlRefusal, detail: string, cause?: string): UrlCheck {
  return { kind: 'refused', reason, detail, ...(cause !== undefined && { cause }) };
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
