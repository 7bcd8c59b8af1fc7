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

/** How many arrays and objects may lie in each other. What is nested much deeper breaks what walks through it. */
const MAX_DEPTH = 32;

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
    if (isTooDeep(body.toString())) {
      done(
        new Problem(
          400,
          'JSON_TOO_DEEP',
          `The body is nested deeper than ${MAX_DEPTH} levels. Send a flatter one.`,
        ),
      );
      return;
    }
    parse(request, body.toString(), (error, parsed) => {
      if (error) done(new Problem(400, 'MALFORMED_JSON', 'The body is not valid JSON.'));
      else done(null, parsed);
    });
  });
}

/** Whether a JSON text nests deeper than is allowed; read before anything is made of it, and without recursion. */
export function isTooDeep(json: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (inText) {
      if (char === '\\') at++;
      else if (char === '"') inText = false;
    } else if (char === '"') inText = true;
    else if (char === '[' || char === '{') {
      if (++depth > MAX_DEPTH) return true;
    } else if (char === ']' || char === '}') depth--;
  }
  return false;
}
