import type { FastifyInstance } from 'fastify';
import { Problem } from '../problems/problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Keep the body as it came, too: something is signed over it. */
    rawBody?: boolean;
  }
  interface FastifyRequest {
    rawBody: string | undefined;
  }
}

export const BODY_LIMIT_BYTES = 100 * 1024;

/** JSON and nothing else; an empty body counts as none, since many clients name a type even then. */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.decorateRequest('rawBody', undefined);
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (request.routeOptions.config.rawBody) request.rawBody = body.toString();
    if (body === '') {
      done(null, undefined);
      return;
    }
    parse(request, body.toString(), (error, parsed) => {
      if (error) done(new Problem(400, 'MALFORMED_JSON', 'The body is not valid JSON.'));
      else done(null, parsed);
    });
  });
}
