import type { FastifyInstance, FastifyRequest } from 'fastify';
import { sendProblem } from '../problems/problem.filter.js';
import { Problem } from '../problems/problem.js';
import { malformedUrl } from '../problems/problem-of-error.js';

/** Refuses requests that could be read in two ways, before anything is read of them. */
export function refuseAmbiguous(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const problem = whyAmbiguous(request);
    if (problem) sendProblem(reply, request, problem);
    else done();
  });
}

/** Sent twice, Node would join them with a comma, or take the first. */
const ONCE = ['host', 'authorization', 'content-type', 'idempotency-key', 'x-correlation-id'];

function whyAmbiguous({ method, raw, headers }: FastifyRequest): Problem | undefined {
  if (!isReadable(raw.url ?? '')) return malformedUrl();
  // Node reads any version, by the rules of this one.
  if (!['1.1', '1.0'].includes(raw.httpVersion))
    return new Problem(400, 'BAD_REQUEST', 'HTTP/1.1 is spoken here, and HTTP/1.0.');
  // Node would answer this one by itself, without a word.
  if (headers.host === undefined && raw.httpVersion === '1.1')
    return new Problem(400, 'BAD_REQUEST', 'Send the header Host, as HTTP/1.1 must have it.');
  const twice = ONCE.find((name) => (raw.headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined)
    return new Problem(400, 'BAD_REQUEST', `The header ${twice} stands there twice. Send it once.`);
  if (['GET', 'HEAD', 'DELETE'].includes(method) && hasBody(headers))
    return new Problem(
      400,
      'BAD_REQUEST',
      `${method} takes no body here: what is to be said stands in the URL.`,
    );
  return undefined;
}

/** Percent-encoded UTF-8 and nothing else: what is not would become other text, and be looked for as that. */
function isReadable(url: string): boolean {
  if (!/^[\x21-\x7e]*$/.test(url)) return false;
  try {
    return !decodeURIComponent(url).includes('\0');
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}

export const hasBody = (headers: FastifyRequest['headers']): boolean =>
  headers['transfer-encoding'] !== undefined || !['0', undefined].includes(headers['content-length']);

/** A request may name its target with scheme and host, as it does to a proxy (RFC 9112, section 3.2.2). */
export const originForm = (target: string): string => target.replace(/^https?:\/\/[^/?]*\/?/i, '/');
