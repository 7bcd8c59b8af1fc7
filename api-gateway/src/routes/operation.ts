import type { EventType } from '@comanda/contracts';
import { applyDecorators, HttpCode, UseInterceptors } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension, ApiHeader, ApiOperation, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import type { z } from 'zod';
import { AccessFor, type AccessRule } from '../auth/access.js';
import { type HeaderName, headersNamed } from '../description/headers.js';
import type { ProblemsByStatus } from '../problems/problem-meanings.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { PendingView } from './pending.js';
import type { OwnProblems } from './problem-responses.js';

/** Where a client hears what became of a request that was answered 202. */
export interface Outcome {
  /** The events that say yes, oldest first; in words where no event of ours does. */
  readonly yes: readonly EventType[] | string;
  /** The events that say no: a request that is refused later is told, not only to be found by asking. */
  readonly no: readonly EventType[];
}

interface Options {
  /** The name of the method in clients that are generated: it stays as it is. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** What the answer's body looks like, by its name (`named`); none with 204. */
  readonly result?: z.ZodType;
  /** Headers of this answer alone; those that any answer has are added. */
  readonly headers?: readonly HeaderName[];
  /** Problems of this operation alone, by their codes; those that any may have are added. */
  readonly problems?: ProblemsByStatus;
  /** Whether its answer has an `ETag`, and may be asked for with `If-None-Match`. */
  readonly tagged?: true;
  /** Whether it honours an Idempotency-Key; `by-itself`: by what it made, without the keys that are kept. */
  readonly idempotent?: boolean | 'by-itself';
}

/** `status` is that of an answer that is no problem; 200 when left out. */
export type OperationOptions = Options &
  AccessRule &
  (
    | {
        readonly status?: 200 | 201 | 204;
        readonly outcome?: never;
        /** Whether it is answered 202 when the broker has it and the service is away (`pending`). */
        readonly mayPend?: true;
      }
    | { readonly status: 202; readonly outcome: Outcome; readonly mayPend?: never }
  );

const IDEMPOTENCY_HEADER = {
  name: 'Idempotency-Key',
  required: false,
  description:
    'Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.',
  schema: { type: 'string' as const, minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' },
};

const PENDING =
  'Accepted: it is safe on disk, and the service that carries it out does not answer yet. `Location` says where to look; ' +
  'the same request with the same Idempotency-Key gets the final answer.';

/** Headers that any answer has. */
const COMMON = ['X-Correlation-Id', 'RateLimit', 'RateLimit-Policy'] as const;

const PENDING_ANSWER = ApiResponse({
  status: 202,
  description: PENDING,
  headers: headersNamed(...COMMON, 'Location', 'Retry-After'),
  standardSchema: PendingView,
});

const IF_NONE_MATCH = {
  name: 'If-None-Match',
  required: false,
  description:
    'The `ETag` of an answer that you have, or several, or `*`: what has not changed since is a 304',
  schema: { type: 'string' as const, maxLength: 1000 },
  example: '"zS2-9zbdgQzg7pD1aZbF1o_0xDu"',
};

const NOT_MODIFIED = ApiResponse({
  status: 304,
  description: 'You have it already: it is still the answer with this `ETag`.',
  headers: headersNamed(...COMMON, 'ETag'),
});

/** Under which name a route's own problems stand in the document, until it is made (openapi.ts). */
export const OWN_PROBLEMS = 'x-own-problems';

/** All about a route in one place: who may use it, what it answers, what its documentation says. */
export function Operation(options: OperationOptions): MethodDecorator {
  const {
    id,
    summary,
    description,
    status = 200,
    outcome,
    mayPend,
    tagged,
    result,
    idempotent = false,
  } = options;
  return applyDecorators(
    AccessFor(options),
    HttpCode(status),
    ApiOperation({ operationId: id, summary, ...(description && { description }) }),
    ApiResponse({
      status,
      description: outcome ? `Accepted. ${textOf(outcome)}` : 'Success',
      headers: headersNamed(
        ...COMMON,
        ...(idempotent ? (['Idempotent-Replayed'] as const) : []),
        ...(tagged ? (['ETag'] as const) : []),
        ...(options.headers ?? []),
      ),
      ...(result && { standardSchema: result }),
    }),
    ...(mayPend ? [PENDING_ANSWER] : []),
    ...(tagged ? [RouteConfig({ tagged }), ApiHeader(IF_NONE_MATCH), NOT_MODIFIED] : []),
    ApiExtension(OWN_PROBLEMS, ownProblems(options)),
    ...(outcome ? [ApiExtension('x-outcome', { yes: named(outcome.yes), no: named(outcome.no) })] : []),
    ...documentedAccess(options),
    ...(idempotent ? [ApiHeader(IDEMPOTENCY_HEADER)] : []),
    ...(idempotent === true ? [UseInterceptors(IdempotencyInterceptor)] : []),
  );
}

/**
 * A requirement of OpenAPI 3.1 may name what else than a token is needed; `x-scope` says the same in a word of its own,
 * and `x-access` which kind of caller it is for (`auth/access.ts`). An API key is staff, and no account of its own. Where a token may be left out, nothing at all is one of the ways in.
 */
function documentedAccess({ access, scope = 'none' }: AccessRule): MethodDecorator[] {
  const needed = scope === 'none' ? [] : [scope];
  const ways: MethodDecorator[] = [
    ...(access === 'anyone' ? [ApiSecurity({})] : []),
    ...(access === 'log-in' ? [] : [ApiSecurity('bearer', needed)]),
    ...(['anyone', 'signed-in', 'staff'].includes(access) ? [ApiSecurity('apiKey', needed)] : []),
  ];
  return [
    ...ways,
    ApiExtension('x-access', access),
    ...(scope === 'none' ? [] : [ApiExtension('x-scope', scope)]),
  ];
}

const named = (events: Outcome['yes']) =>
  typeof events === 'string' ? events : events.map(({ type }) => type);

const textOf = ({ yes, no }: Outcome): string => `Yes is told by ${listed(yes)}; a refusal by ${listed(no)}.`;

const listed = (events: Outcome['yes']): string =>
  typeof events === 'string' ? events : events.map(({ type }) => `\`${type}\``).join(', ');

const ownProblems = ({
  access,
  scope = 'none',
  idempotent,
  problems = {},
}: OperationOptions): z.infer<typeof OwnProblems> => ({
  kinds: [
    ...(access === 'log-in' ? [] : (['token'] as const)),
    ...(access === 'customer' || access === 'staff' || access === 'account' ? (['role'] as const) : []),
    ...(scope === 'none' ? [] : (['scope'] as const)),
    ...(idempotent ? (['key'] as const) : []),
  ],
  problems,
});
