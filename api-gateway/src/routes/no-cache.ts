import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Whether the client takes no answer that was given before: `Cache-Control: no-cache` (RFC 9111, section 5.2.1.4). */
export const NoCache = createParamDecorator((_: unknown, context: ExecutionContext): boolean => {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return /(^|[\s,])no-cache($|[\s,=])/i.test(headers['cache-control'] ?? '');
});
