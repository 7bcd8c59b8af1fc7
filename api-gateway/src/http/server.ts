import type { Server } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions } from 'fastify';
import type { Logger } from 'pino';
import type { GatewayConfig } from '../config.js';
import { sendProblem } from '../problems/problem.filter.js';
import { internalProblem, problemOfError } from '../problems/problem-of-error.js';
import { refuseOtherMethods } from './allowed-methods.js';
import { guardAnswers, headersFor } from './answer-headers.js';
import { acceptJsonOnly, BODY_LIMIT_BYTES } from './body-rules.js';
import { limitConnections, patience, refuseManyAtOnce, refuseManyHeaders } from './connection-limits.js';
import { CORRELATION_HEADER, correlationIdOf } from './correlation-id.js';
import { tagAnswers } from './entity-tags.js';
import { requireLoopbackHost } from './loopback-host.js';
import { originForm, refuseAmbiguous } from './readable-requests.js';
import { watchRequests } from './request-hooks.js';
import { limitWaiting } from './time-limit.js';
import { answerUnreadable, answerWhatNodeWould } from './unreadable-requests.js';
import { closeUnusedConnections } from './unused-connections.js';

/** Of a part of the path, as it is written: 100 characters, the longest id there is, all percent-encoded. */
const MAX_PARAMETER = 300;

/**
 * Fastify, told to answer with a problem and a correlation id also where it refuses before any hook runs. In demo mode
 * it answers under the names of this machine alone.
 */
export function httpServer(config: GatewayConfig, logger: Logger): FastifyAdapter {
  const options: FastifyHttpOptions<Server> = {
    bodyLimit: BODY_LIMIT_BYTES,
    // What lacks a Host is refused with a problem of ours.
    http: { ...patience(config), requireHostHeader: false },
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    trustProxy: config.TRUSTED_PROXIES.length > 0 && config.TRUSTED_PROXIES,
    // While it closes it still serves what arrives on open connections, and says on each that it is the last.
    return503OnClosing: false,
    rewriteUrl: ({ url = '/' }) => originForm(url),
    routerOptions: { maxParamLength: MAX_PARAMETER },
    requestIdHeader: false,
    genReqId: ({ headers }) => correlationIdOf(headers),
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...headersFor(request), [CORRELATION_HEADER]: request.id });
      sendProblem(reply, request, problemOfError(error) ?? internalProblem());
    },
    clientErrorHandler: answerUnreadable,
  };
  const adapter = new FastifyAdapter(options);
  const fastify = adapter.getInstance();
  acceptJsonOnly(fastify);
  guardAnswers(fastify);
  limitConnections(fastify.server, config);
  answerWhatNodeWould(fastify.server);
  closeUnusedConnections(fastify);
  watchRequests(fastify, logger);
  limitWaiting(fastify);
  tagAnswers(fastify);
  refuseManyAtOnce(fastify);
  refuseManyHeaders(fastify);
  refuseAmbiguous(fastify);
  if (config.COMANDA_DEMO) requireLoopbackHost(fastify);
  refuseOtherMethods(fastify);
  return adapter;
}
