import type { IncomingHttpHeaders } from 'node:http';
import { errorOf, utf8Of } from '@comanda/kit';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../problems/problem.js';
import { invalidFields } from '../problems/validation.js';
import { flawsOf, isTooDeep, MAX_DEPTH } from './json-text.js';
import { hasBody } from './readable-requests.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is taken as it came, whatever it is: something is signed over it, and nobody else may say what is wrong. */
    rawBody?: boolean;
  }
  interface FastifyRequest {
    rawBody: Buffer | undefined;
  }
}

export const BODY_LIMIT_BYTES = 100 * 1024;
/** What is signed comes from somebody who is known, and may be longer. */
const RAW_BODY_LIMIT_BYTES = 1024 * 1024;

/** JSON in UTF-8 and nothing else; an empty body counts as none, since many clients name a type even then. */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.decorateRequest('rawBody', undefined);
  fastify.addHook('onRoute', (route) => {
    if (route.config?.rawBody) route.bodyLimit = RAW_BODY_LIMIT_BYTES;
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.rawBody) request.headers['content-type'] = 'application/json';
    // What is not there has no type, whatever is said of it.
    else if (!hasBody(request.headers)) delete request.headers['content-type'];
    done();
  });
  fastify.addHook('preParsing', (request, _reply, _payload, done) => {
    done(hasBody(request.headers) ? whyNotRead(request.headers) : null);
  });
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = Buffer.from(body);
    if (request.routeOptions.config.rawBody) {
      request.rawBody = bytes;
      done(null, undefined);
      return;
    }
    try {
      const text = textOf(bytes);
      done(null, text === '' ? undefined : parsed(text));
    } catch (error) {
      done(errorOf(error));
    }
  });
}

/** A body in a coding or a charset that is not read here would be told that it is no JSON, which is not its fault. */
function whyNotRead(headers: IncomingHttpHeaders): Problem | null {
  const codings = (headers['content-encoding'] ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  if (!codings.every((coding) => coding === '' || coding === 'identity'))
    return new Problem(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Send the body as it is, without Content-Encoding: no coding of it is read here.',
      // RFC 9110, section 12.5.3
      { headers: { 'accept-encoding': 'identity' } },
    );
  const charsets = [...(headers['content-type'] ?? '').matchAll(/;\s*charset\s*=\s*"?([^";\s]*)/gi)];
  if (!charsets.every(([, charset = '']) => /^utf-?8$/i.test(charset)))
    return new Problem(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Send the body in UTF-8: no other charset is read here.',
    );
  return null;
}

function textOf(body: Buffer): string {
  const text = utf8Of(body);
  if (text !== undefined) return text;
  throw new Problem(
    400,
    'NOT_UTF8',
    'The body holds bytes that are not UTF-8. Write it in UTF-8, as JSON must be.',
  );
}

const BOM = /^\uFEFF/;

function parsed(text: string): unknown {
  if (isTooDeep(text))
    throw new Problem(
      400,
      'JSON_TOO_DEEP',
      `The body is nested deeper than ${MAX_DEPTH} levels. Send a flatter one.`,
    );
  // RFC 8259, section 8.1: nobody must send one, everybody may read past it.
  const json = text.replace(BOM, '');
  const value = jsonOf(json);
  const flaws = flawsOf(json);
  if (flaws.length > 0) throw invalidFields(flaws);
  return value;
}

function jsonOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Problem(400, 'MALFORMED_JSON', 'The body is not valid JSON.');
  }
}
