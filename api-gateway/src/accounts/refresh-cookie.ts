import type { FastifyRequest } from 'fastify';
import { isLoopbackHost } from '../http/loopback-host.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';

const NAME = 'comanda_refresh';
/** Where it is of use: nothing else hears of it. */
const PATH = `/${API}/auth`;

/**
 * Refuses what does not come from a page of our own origin. SameSite alone would let in pages of other hosts of the same
 * site. Browsers always say where a POST comes from; who sends no Origin is none, and has the token in the body.
 */
export function requireOwnOrigin({ headers, host, protocol }: FastifyRequest): URL {
  const origin = URL.parse(headers.origin ?? '');
  if (origin?.host === host && (origin.protocol === 'https:' || protocol !== 'https')) return origin;
  throw new Problem(
    403,
    'ORIGIN_NOT_ALLOWED',
    'A session in a cookie is for pages of this very origin, and the header Origin must say so. Other programs ask ' +
      'for the refresh token in the body: "session": "token".',
  );
}

/** The refresh token in the cookie. Of two that would be named alike nobody knows which is ours: then there is none. */
export function refreshCookieOf({ headers }: FastifyRequest): string | undefined {
  const found = (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`));
  return found.length === 1 ? found[0]?.slice(NAME.length + 1) : undefined;
}

/**
 * The cookie that keeps a refresh token until then. On this machine itself it may travel over plain HTTP, where not every
 * browser would take a secure one.
 */
export function refreshCookie(origin: URL, token: string, until: string, now = Date.now()): string {
  const secure = origin.protocol === 'https:' || !isLoopbackHost(origin.host);
  const seconds = Math.max(0, Math.floor((Date.parse(until) - now) / 1000));
  return `${NAME}=${token}; HttpOnly; SameSite=Strict;${secure ? ' Secure;' : ''} Path=${PATH}; Max-Age=${seconds}`;
}

/** The cookie that takes it away. */
export const noRefreshCookie = (origin: URL): string => refreshCookie(origin, '', new Date(0).toISOString());
