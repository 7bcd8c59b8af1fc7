import type { FastifyInstance } from 'fastify';
import { sendProblem } from '../problems/problem.filter.js';
import { tookTooLong } from '../problems/problem-of-error.js';

/** For so long a request waits for others: the broker, services, the database. */
const WAIT_MS = 1_500;
/** After so long it is answered, whatever it still waits for. */
const ANSWER_MS = 1_800;

declare module 'fastify' {
  interface FastifyRequest {
    /** When it stops waiting for others, on the clock of `performance.now()`. What is not begun by then is not begun. */
    deadline: number;
  }
}

/** Every request is answered within two seconds from its last byte, whatever is away. */
export function limitWaiting(fastify: FastifyInstance): void {
  fastify.decorateRequest('deadline', Number.POSITIVE_INFINITY);
  // Fastify's own `handlerTimeout` would count the time that a slow client takes to send its body.
  fastify.addHook('preValidation', (request, reply, done) => {
    request.deadline = performance.now() + WAIT_MS;
    const late = setTimeout(() => {
      // A stream has begun long since, and goes on.
      if (!reply.sent && !reply.raw.headersSent) sendProblem(reply, request, tookTooLong());
    }, ANSWER_MS);
    reply.raw.once('close', () => clearTimeout(late));
    done();
  });
}
