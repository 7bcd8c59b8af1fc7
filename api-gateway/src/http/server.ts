import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { newId } from '@comanda/contracts';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions } from 'fastify';
import type { Logger } from 'pino';
import type { GatewayConfig } from '../config.js';
import { sendProblem } from '../problems/problem.filter.js';
import { PROBLEM_TYPE, Problem } from '../problems/problem.js';
import { internalProblem, problemOfError } from '../problems/problem-of-error.js';
import { refuseOtherMethods } from './allowed-methods.js';
import { ANSWER_HEADERS, guardAnswers, headersFor } from './answer-headers.js';
import { acceptJsonOnly, BODY_LIMIT_BYTES } from './body-rules.js';
import { limitConnections, patience, refuseManyHeaders } from './connection-limits.js';
import { CORRELATION_HEADER, correlationIdOf } from './correlation-id.js';
import { requireLoopbackHost } from './loopback-host.js';
import { watchRequests } from './request-hooks.js';

/**
 * Fastify, told to answer with a problem and a correlation id also where it refuses before any hook runs. In demo mode
 * it answers under the names of this machine alone.
 */
export function httpServer(config: GatewayConfig, logger: Logger): FastifyAdapter {
  const options: FastifyHttpOptions<Server> = {
    bodyLimit: BODY_LIMIT_BYTES,
    http: patience(config),
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    trustProxy: config.TRUSTED_PROXIES.length > 0 && config.TRUSTED_PROXIES,
    // While it closes it still serves what arrives on open connections, and says on each that it is the last.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: ({ headers }) => correlationIdOf(headers),
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...headersFor(request), [CORRELATION_HEADER]: request.id });
      sendProblem(reply, request, problemOfError(error) ?? internalProblem());
    },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket),
  };
  const adapter = new FastifyAdapter(options);
  const fastify = adapter.getInstance();
  acceptJsonOnly(fastify);
  guardAnswers(fastify);
  limitConnections(fastify.server, config);
  watchRequests(fastify, logger);
  refuseManyHeaders(fastify);
  if (config.COMANDA_DEMO) requireLoopbackHost(fastify);
  refuseOtherMethods(fastify);
  return adapter;
}

/** Answers bytes that are not HTTP, of which Node's parser makes no request. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const correlationId = newId();
  const problem = new Problem(status, 'UNREADABLE_REQUEST', 'This is not a complete HTTP request.');
  const document = problem.document({ path: '', correlationId });
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${status} ${document.title}\r\ncontent-type: ${PROBLEM_TYPE}\r\n${CORRELATION_HEADER}: ${correlationId}\r\n` +
      Object.entries(ANSWER_HEADERS)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('') +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
