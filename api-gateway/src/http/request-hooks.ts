import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { pathOf } from '../problems/request-path.js';
import { CORRELATION_HEADER } from './correlation-id.js';
import { metrics } from './metrics.js';
import { traceparentFor } from './traceparent.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** W3C trace context of the request's own span. */
    traceparent: string;
    /** The order that the request is about, for its log line. */
    orderId: string | undefined;
  }
}

/** Of a request that nobody waits for any more, in the log alone; it is nginx's number. */
const CLIENT_WENT_AWAY = 499;

/** What happens to every request, whatever becomes of it. Its `id` is the correlation id. */
export function watchRequests(fastify: FastifyInstance, logger: Logger): void {
  fastify.decorateRequest('traceparent', '');
  fastify.decorateRequest('orderId', undefined);
  fastify.decorateRequest('caller', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    request.traceparent = traceparentFor(request.headers.traceparent);
    // Its client went away before the end of the answer, which a stream has only when it is over.
    reply.raw.once('close', () => reply.raw.writableFinished || observe(request, reply, logger));
    done();
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    reply.header(CORRELATION_HEADER, request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    observe(request, reply, logger);
    done();
  });
}

function observe(request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const { method, id: correlationId } = request;
  const orderId = request.orderId ?? orderIdIn(request.params);
  // The pattern, not the path: an id as a label would make a series per order.
  const route = request.routeOptions.url ?? 'none';
  const status = reply.raw.headersSent ? reply.statusCode : CLIENT_WENT_AWAY;
  metrics.requestSeconds.observe({ route, method, status }, reply.elapsedTime / 1000);
  const path = pathOf(request.url);
  if (path.startsWith('/health')) return;
  const ms = Math.round(reply.elapsedTime * 10) / 10;
  // Who it was stands there by an id: no name, no e-mail address, no token.
  const { accountId: caller, homeTenantId, tenantId } = request.caller ?? {};
  logger.info(
    {
      method,
      route,
      path,
      status,
      ms,
      correlationId,
      ...(caller && { caller }),
      // It acts in another tenant than its own.
      ...(homeTenantId && { tenantId, homeTenantId }),
      ...(orderId && { orderId }),
    },
    `${method} ${path} ${status} in ${ms} ms`,
  );
}

function orderIdIn(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('orderId' in params)) return undefined;
  return typeof params.orderId === 'string' ? params.orderId : undefined;
}
