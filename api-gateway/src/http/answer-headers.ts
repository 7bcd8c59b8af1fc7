import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { pathOf } from '../problems/request-path.js';

/** Of every answer: it is what its type says, loads nothing, and stands in no frame. */
export const ANSWER_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

const YEAR_S = 365 * 24 * 60 * 60;

/** The headers that belong to any answer to this request, whatever becomes of it. */
export const headersFor = ({ url, protocol }: Pick<FastifyRequest, 'url' | 'protocol'>) => ({
  ...ANSWER_HEADERS,
  // Over plain HTTP it says nothing (RFC 6797, section 7.2). Behind a proxy it is the trusted proxy that knows.
  ...(protocol === 'https' && { 'strict-transport-security': `max-age=${YEAR_S}` }),
  // Tokens, secrets and whose orders they are: nothing to leave in a cache, unless the route says so (entity-tags.ts).
  ...(pathOf(url).startsWith('/api/') && { 'cache-control': 'no-store' }),
});

/** Puts them on all answers; a page gets a policy under which it works, and nothing that was slipped into it does. */
export function guardAnswers(fastify: FastifyInstance): void {
  // When it is sent, since CORS answers a preflight before any hook of ours hears of the request.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    for (const [name, value] of Object.entries(headersFor(request)))
      if (!reply.hasHeader(name)) reply.header(name, value);
    const type = reply.getHeader('content-type');
    if (typeof payload === 'string' && typeof type === 'string' && type.startsWith('text/html'))
      reply.header('content-security-policy', policyOfPage(payload));
    done(null, payload);
  });
}

const STYLES = /<style>([\s\S]*?)<\/style>/g;
const STYLE_ATTRIBUTES = /\sstyle="([^"]*)"/g;

/** Scripts and styles come from our own files; styles that stand in the page itself are named by their hashes. */
export function policyOfPage(html: string): string {
  const hashes = (pattern: RegExp) =>
    [...html.matchAll(pattern)].map(([, text = '']) => ` 'sha256-${sha256(text)}'`).join('');
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src-elem 'self'${hashes(STYLES)}`,
    `style-src-attr 'unsafe-hashes'${hashes(STYLE_ATTRIBUTES)}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');
