import type { EventType } from '@comanda/contracts';
import { applyDecorators, HttpCode, UseInterceptors } from '@nestjs/common';
import { ApiExtension, ApiHeader, ApiOperation, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import type { z } from 'zod';
import { AccessFor, type AccessRule } from '../auth/access.js';
import { PROBLEM_TYPE } from '../problems/problem.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';

/** Where a client hears what became of a request that was answered 202. */
export interface Outcome {
  /** The events that say yes, oldest first; in words where no event of ours does. */
  readonly yes: readonly EventType[] | string;
  /** The events that say no: a request that is refused later is told, not only to be found by asking. */
  readonly no: readonly EventType[];
}

interface Options {
  readonly summary: string;
  readonly description?: string;
  /** What the answer's body looks like; none with 204. */
  readonly result?: z.ZodType;
  /** Problems of this operation alone; those that any may have are added. */
  readonly problems?: Readonly<Record<number, string>>;
  /** Whether it honours an Idempotency-Key. */
  readonly idempotent?: boolean;
}

/** `status` is that of an answer that is no problem; 200 when left out. */
export type OperationOptions = Options &
  AccessRule &
  (
    | { readonly status?: 200 | 201 | 204; readonly outcome?: never }
    | { readonly status: 202; readonly outcome: Outcome }
  );

const IDEMPOTENCY_HEADER = {
  name: 'Idempotency-Key',
  required: false,
  description:
    'Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.',
  schema: { type: 'string' as const, minLength: 1, maxLength: 255 },
};

/** All about a route in one place: who may use it, what it answers, what its documentation says. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { summary, description, status = 200, outcome, result, idempotent = false } = options;
  return applyDecorators(
    AccessFor(options),
    HttpCode(status),
    ApiOperation({ summary, ...(description && { description }) }),
    ApiResponse({
      status,
      description: outcome ? `Accepted. ${textOf(outcome)}` : 'Success',
      ...(result && { standardSchema: result }),
    }),
    ...problemsOf(options).map(([code, text]) =>
      ApiResponse({
        status: Number(code),
        description: text,
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      }),
    ),
    ...(outcome ? [ApiExtension('x-outcome', { yes: named(outcome.yes), no: named(outcome.no) })] : []),
    ...documentedAccess(options),
    ...(idempotent ? [ApiHeader(IDEMPOTENCY_HEADER), UseInterceptors(IdempotencyInterceptor)] : []),
  );
}

/**
 * A requirement of OpenAPI 3.1 may name what else than a token is needed; `x-scope` says the same in a word of its own,
 * and `x-access` which kind of caller it is for (`auth/access.ts`).
 */
function documentedAccess({ access, scope }: AccessRule): MethodDecorator[] {
  const said = ApiExtension('x-access', access);
  if (scope === undefined) return [said];
  const needed = scope === 'none' ? [] : [scope];
  return [
    said,
    ApiSecurity('bearer', needed),
    ...(access === 'staff' || access === 'signed-in' ? [ApiSecurity('apiKey', needed)] : []),
    ...(scope === 'none' ? [] : [ApiExtension('x-scope', scope)]),
  ];
}

const named = (events: Outcome['yes']) =>
  typeof events === 'string' ? events : events.map(({ type }) => type);

const textOf = ({ yes, no }: Outcome): string => `Yes is told by ${listed(yes)}; a refusal by ${listed(no)}.`;

const listed = (events: Outcome['yes']): string =>
  typeof events === 'string' ? events : events.map(({ type }) => `\`${type}\``).join(', ');

function problemsOf({ access, scope, idempotent, problems }: OperationOptions): [string, string][] {
  return Object.entries({
    400: 'The request is not valid; `errors` says where',
    ...(scope !== undefined && { 401: 'No token, or one that does not hold' }),
    ...(access === 'account' && { 403: 'The caller is an API key (`FORBIDDEN`)' }),
    ...(scope !== undefined &&
      scope !== 'none' && {
        403: `${access === 'signed-in' ? '' : 'For another role (`FORBIDDEN`), or '}without the scope \`${scope}\` (\`SCOPE_MISSING\`)`,
      }),
    ...(idempotent && {
      409: 'A request with this Idempotency-Key is still in flight',
      422: 'The Idempotency-Key was used with another body',
    }),
    429: 'Too many requests; Retry-After says when to come back',
    503: 'Not possible at the moment, nothing was changed; Retry-After says when to try again',
    ...problems,
  });
}
