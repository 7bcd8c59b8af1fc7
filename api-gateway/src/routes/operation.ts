import { applyDecorators, HttpCode, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { type Access, AccessFor } from '../auth/access.js';
import { PROBLEM_TYPE } from '../problems/problem.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';

export interface OperationOptions {
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  /** Of an answer that is no problem; 200 when left out. */
  readonly status?: 200 | 201 | 202 | 204;
  /** What the answer's body looks like; none with 204. */
  readonly result?: z.ZodType;
  /** Problems of this operation alone; those that any may have are added. */
  readonly problems?: Readonly<Record<number, string>>;
  /** Whether it honours an Idempotency-Key. */
  readonly idempotent?: boolean;
}

const IDEMPOTENCY_HEADER = {
  name: 'Idempotency-Key',
  required: false,
  description:
    'Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.',
  schema: { type: 'string' as const, minLength: 1, maxLength: 255 },
};

/** All about a route in one place: who may use it, what it answers, what its documentation says. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { summary, description, access, status = 200, result, idempotent = false } = options;
  return applyDecorators(
    AccessFor(access),
    HttpCode(status),
    ApiOperation({ summary, ...(description && { description }) }),
    ApiResponse({
      status,
      description: status === 202 ? 'Accepted' : 'Success',
      ...(result && { standardSchema: result }),
    }),
    ...problemsOf(options).map(([code, text]) =>
      ApiResponse({
        status: Number(code),
        description: text,
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      }),
    ),
    ...(access === 'log-in' || access === 'anyone' ? [] : [ApiBearerAuth()]),
    ...(idempotent ? [ApiHeader(IDEMPOTENCY_HEADER), UseInterceptors(IdempotencyInterceptor)] : []),
  );
}

function problemsOf({ access, idempotent, problems }: OperationOptions): [string, string][] {
  return Object.entries({
    400: 'The request is not valid; `errors` says where',
    ...(access !== 'log-in' && access !== 'anyone' && { 401: 'No token, or one that does not hold' }),
    ...((access === 'customer' || access === 'staff') && { 403: 'For another role' }),
    ...(idempotent && {
      409: 'A request with this Idempotency-Key is still in flight',
      422: 'The Idempotency-Key was used with another body',
    }),
    429: 'Too many requests; Retry-After says when to come back',
    503: 'Not possible at the moment, nothing was changed; Retry-After says when to try again',
    ...problems,
  });
}
