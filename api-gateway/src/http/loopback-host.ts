import { isIPv4 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from '../problems/problem.filter.js';
import { Problem } from '../problems/problem.js';

/** `name`, `name:port`, `[address]:port`. RFC 9110, section 7.2 */
const HOST = /^(\[[\da-f:.]+\]|[^:@/[\]]+)(?::\d{1,5})?$/i;

/** Whether a `Host` header names this machine itself, on any port. */
export function isLoopbackHost(header: string | undefined): boolean {
  const name = HOST.exec(header ?? '')?.[1]?.toLowerCase() ?? '';
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') || // RFC 6761, section 6.3
    name === '[::1]' ||
    (isIPv4(name) && name.startsWith('127.'))
  );
}

/**
 * For the demo, whose passwords are published. It listens on loopback, but a page that a person opens in a browser on
 * this machine can let its own name lead to 127.0.0.1 (DNS rebinding), and would then read all answers. The browser
 * says under which name it came.
 */
export function requireLoopbackHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isLoopbackHost(request.headers.host)) done();
    else
      sendProblem(
        reply,
        request,
        new Problem(
          421,
          'NOT_LOOPBACK',
          'The demo answers under the names of this machine alone, because its passwords are public: ask ' +
            'localhost or 127.0.0.1. Outside demo mode (COMANDA_DEMO) any name will do.',
        ),
      );
  });
}
