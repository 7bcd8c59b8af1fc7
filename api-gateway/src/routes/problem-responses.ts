import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { type HeaderName, headersNamed } from '../description/headers.js';
import { PROBLEM_TYPE, type ProblemDocument } from '../problems/problem.js';
import { type AnsweredCode, PROBLEM_MEANINGS, type ProblemsByStatus } from '../problems/problem-meanings.js';

/** An operation while the document is made. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { 'x-own-problems'?: unknown };

/** What can go wrong with a request, by what it is that can go wrong. */
const KINDS = {
  anywhere: {
    400: ['BAD_REQUEST', 'INVALID_REQUEST', 'MALFORMED_URL', 'UNREADABLE_REQUEST'],
    408: ['UNREADABLE_REQUEST'],
    421: ['NOT_LOOPBACK'],
    429: ['TOO_MANY_REQUESTS'],
    431: ['TOO_MANY_HEADERS', 'UNREADABLE_REQUEST'],
    500: ['INTERNAL', 'NOT_HANDLED', 'QUERY_FAILED'],
    503: ['BROKER_UNAVAILABLE', 'SERVICE_UNAVAILABLE', 'STORAGE_UNAVAILABLE', 'UNKNOWN_QUERY'],
  },
  body: {
    400: ['JSON_TOO_DEEP', 'MALFORMED_JSON', 'NOT_UTF8'],
    413: ['BODY_TOO_LARGE'],
    415: ['UNSUPPORTED_MEDIA_TYPE'],
  },
  path: { 414: ['URL_TOO_LONG'] },
  cursor: { 400: ['INVALID_CURSOR'] },
  token: {
    401: [
      'ACCOUNT_CLOSED',
      'API_KEY_EXPIRED',
      'API_KEY_INVALID',
      'SESSION_ENDED',
      'TOKEN_EXPIRED',
      'TOKEN_INVALID',
      'TOKEN_MISSING',
    ],
    403: ['TOKEN_UNMAPPED'],
    503: ['ISSUER_UNAVAILABLE'],
  },
  role: { 403: ['FORBIDDEN'] },
  scope: { 403: ['SCOPE_MISSING'] },
  key: { 400: ['INVALID_IDEMPOTENCY_KEY'], 409: ['REQUEST_IN_FLIGHT'], 422: ['IDEMPOTENCY_KEY_REUSED'] },
} as const satisfies Record<string, ProblemsByStatus>;

const Code = z.enum(Object.keys(PROBLEM_MEANINGS) as AnsweredCode[]);
/** What only a route itself knows of its problems. */
export const OwnProblems = z.object({
  kinds: z.array(z.enum(['token', 'role', 'scope', 'key'])),
  problems: z.record(z.string(), z.array(Code).readonly()),
});

/** The answers to what can go wrong with an operation, by status; each has a name, which is one for all that are alike. */
export function problemsOf(method: string, operation: Operation, own: z.infer<typeof OwnProblems>) {
  const has = (place: 'in' | 'name', text: string) =>
    (operation.parameters ?? []).some(
      (parameter) => place in parameter && Reflect.get(parameter, place) === text,
    );
  const kinds: (keyof typeof KINDS)[] = [
    'anywhere',
    ...(method === 'get' || method === 'delete' ? [] : (['body'] as const)),
    ...(has('in', 'path') ? (['path'] as const) : []),
    ...(has('name', 'cursor') ? (['cursor'] as const) : []),
    ...own.kinds,
  ];
  const byStatus = new Map<string, { codes: AnsweredCode[]; from: string[] }>();
  for (const [from, problems] of [
    ...kinds.map((kind) => [kind, KINDS[kind]] as const),
    ['own', own.problems] as const,
  ])
    for (const [status, codes] of Object.entries(problems)) {
      const before = byStatus.get(status) ?? { codes: [], from: [] };
      byStatus.set(status, { codes: [...before.codes, ...codes], from: [...before.from, from] });
    }
  return [...byStatus].map(([text, { codes, from }]) => {
    const status = Number(text);
    const sorted = [...new Set(codes)].toSorted();
    return {
      status,
      name: nameOf(status, sorted, from, operation.operationId),
      response: problemResponse(status, sorted),
    };
  });
}

/** `UnknownOrder`, `Unauthorized`, `BadRequestBodyKey`; `PlaceOrderUnprocessableEntity` where it is the operation's own. */
function nameOf(
  status: number,
  codes: readonly AnsweredCode[],
  from: readonly string[],
  operationId = '',
): string {
  const title = (STATUS_CODES[status] ?? '').replaceAll(/[^A-Za-z]/g, '');
  const [only] = codes;
  if (only !== undefined && codes.length === 1)
    return only === 'UNREADABLE_REQUEST' ? title : only.toLowerCase().split('_').map(capitalised).join('');
  if (from.includes('own')) return `${capitalised(operationId)}${title}`;
  return `${title}${from.slice(1).map(capitalised).join('')}`;
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const HEADERS_OF: Readonly<Record<number, readonly HeaderName[]>> = {
  400: ['Idempotent-Replayed'],
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  404: ['Idempotent-Replayed'],
  409: ['Idempotent-Replayed', 'Retry-After'],
  422: ['Idempotent-Replayed'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};
/** Refused before anybody looked at who asks, and so not counted. */
const UNCOUNTED = [408, 413, 414, 415, 421, 431];

const problemResponse = (status: number, codes: readonly AnsweredCode[]) => ({
  description: codes.map((code) => `\`${code}\`: ${PROBLEM_MEANINGS[code]}.`).join('\n\n'),
  headers: headersNamed(
    'X-Correlation-Id',
    ...(UNCOUNTED.includes(status) ? [] : (['RateLimit', 'RateLimit-Policy'] as const)),
    ...(HEADERS_OF[status] ?? []),
    // The cookie of what is over is taken away.
    ...(codes.includes('SESSION_ENDED') ? (['Set-Cookie'] as const) : []),
  ),
  content: {
    [PROBLEM_TYPE]: {
      schema: {
        allOf: [
          { $ref: '#/components/schemas/Problem' },
          { type: 'object', properties: { status: { const: status }, code: { enum: codes } } },
        ],
      },
      examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(status, code) }])),
    },
  },
});

const exampleOf = (status: number, code: AnsweredCode): ProblemDocument => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail: `${PROBLEM_MEANINGS[code]}.`,
  instance: '/api/v1/orders',
  correlationId: '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0ff',
  code,
  ...(code === 'INVALID_REQUEST' && { errors: [{ path: 'items[0].quantity', message: 'is required' }] }),
});
