import { STATUS_CODES } from 'node:http';
import type { ProblemCode, Refusal } from '@comanda/contracts';
import { z } from 'zod';
import { named } from '../description/named.js';

/** RFC 9457. `type` is always `about:blank`, so `title` is the status's own; `code` is for programs. */
const FieldMistake = named('FieldError', z.object({ path: z.string(), message: z.string() }), {
  path: 'items[0].quantity',
  message: 'is required',
});
export const ProblemDocument = named(
  'Problem',
  z.object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.number().int().min(400).max(599),
    detail: z.string(),
    instance: z.string(),
    correlationId: z.string(),
    code: z.string(),
    errors: z.array(FieldMistake).optional(),
  }),
  {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'There is no such order.',
    instance: '/api/v1/orders',
    correlationId: '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0ff',
    code: 'UNKNOWN_ORDER',
  },
);
export type ProblemDocument = z.infer<typeof ProblemDocument>;

export const PROBLEM_TYPE = 'application/problem+json';

/** After so long what is away may be back. */
export const RETRY_AFTER_SECONDS = '3';

export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** The code of a service's refusal, which a later version than ours may have. */
const ServicesCode = z.string().brand<'code of a service'>();

/** A request that is answered with a problem. `detail` is read by people: it says what to change. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly code: ProblemCode | z.infer<typeof ServicesCode>,
    readonly detail: string,
    more: { errors?: readonly FieldError[] | undefined; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }

  /** The document, for the request at `path` (which is given without its query: that may hold personal data). */
  document(request: { path: string; correlationId: string }): ProblemDocument {
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      detail: this.detail,
      instance: request.path,
      correlationId: request.correlationId,
      code: this.code,
      ...(this.errors && { errors: [...this.errors] }),
    };
  }
}

/** What a service refused, in HTTP's terms. */
export const problemOfRefusal = ({ status, code, detail, errors }: Refusal): Problem =>
  new Problem(status, ServicesCode.parse(code), detail, {
    errors,
    ...(status === 503 && { headers: { 'retry-after': RETRY_AFTER_SECONDS } }),
  });
