import { LOGGER } from '@comanda/service-kit';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  Inject,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { PROBLEM_TYPE, type Problem } from './problem.js';
import { internalProblem, problemOfError } from './problem-of-error.js';
import { pathOf } from './request-path.js';

/** The one place where anything that was thrown becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const path = pathOf(request.url);
    // A health check that fails answers with its own document, which says what is missing.
    if (error instanceof ServiceUnavailableException && path.startsWith('/health/')) {
      void reply.code(503).send(error.getResponse());
      return;
    }
    sendProblem(reply, request, problemOfError(error) ?? this.#ours(error, request));
  }

  #ours(error: unknown, { id, method, url }: FastifyRequest): Problem {
    this.logger.error(
      {
        correlationId: id,
        method,
        path: pathOf(url),
        error: String(error),
        stack: error instanceof Error ? error.stack : undefined,
      },
      'request failed',
    );
    return internalProblem();
  }
}

export function sendProblem(reply: FastifyReply, request: FastifyRequest, problem: Problem): void {
  const document = problem.document({ path: pathOf(request.url), correlationId: request.id });
  void reply
    .code(problem.status)
    .headers(problem.headers)
    .header('content-type', PROBLEM_TYPE)
    .send(JSON.stringify(document));
}
