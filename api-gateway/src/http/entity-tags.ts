import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer has an entity tag, by which a client asks whether there is news (`@Operation({ tagged: true })`). */
    tagged?: boolean;
  }
}

/** What is shown depends on who asks, so no cache that others share may keep it, and none uses it without asking. */
const CACHING = { 'cache-control': 'private, no-cache' };
const WHO_ASKS = 'Authorization, X-API-Key';

/**
 * Answers of such routes have a strong `ETag` (RFC 9110, section 8.8.3), made of their very bytes, so it changes when anything
 * that is shown does. Who has the bytes already (`If-None-Match`) gets a 304 without them. Access was decided before.
 */
export function tagAnswers(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const { tagged } = request.routeOptions.config;
    if (!tagged || reply.statusCode !== 200 || typeof payload !== 'string') return done(null, payload);
    const tag = `"${hash('sha256', payload, 'base64url').slice(0, 27)}"`;
    reply.headers({ etag: tag, ...CACHING, vary: varying(reply) });
    if (!isNamedIn(request.headers['if-none-match'], tag)) return done(null, payload);
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    // Of a HEAD Fastify itself takes the body afterwards, and must find one.
    return done(null, request.method === 'HEAD' ? payload : null);
  });
}

/** CORS may have said already that the origin matters, too. */
function varying(reply: FastifyReply): string {
  const others = reply.getHeader('vary');
  return others === undefined ? WHO_ASKS : `${String(others)}, ${WHO_ASKS}`;
}

const TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** Whether an `If-None-Match` names this tag, or any. Tags compare weakly (RFC 9110, section 13.1.2). */
export function isNamedIn(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return [...header.matchAll(TAG)].some(([, opaque]) => opaque === tag);
}
