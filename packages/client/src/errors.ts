import type { components } from './generated/api.js';

type FieldError = components['schemas']['FieldError'];
type ProblemOf<Answer> = Answer extends { content: { 'application/problem+json': infer Problem } }
  ? Problem
  : never;
type KnownProblem = ProblemOf<components['responses'][keyof components['responses']]>;

/** What programs tell problems apart by (docs/api.md lists them all); a later version of the API may have more. */
export type ProblemCode = NonNullable<KnownProblem['code']> | (string & Record<never, never>);

/** The API said no: an answer of 400 and above, as a rule a problem document (RFC 9457). */
export class ComandaError extends Error {
  override readonly name = 'ComandaError';
  readonly status: number;
  /** `undefined` when something before the API answered, like a proxy. */
  readonly code: ProblemCode | undefined;
  readonly errors: readonly FieldError[];
  /** Names the request in the logs of the API. */
  readonly correlationId: string | undefined;
  /** How long to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(call: string, { status, headers }: Response, body: string) {
    const problem = headers.get('content-type')?.startsWith('application/problem+json') ? objectIn(body) : {};
    const errors = Array.isArray(problem.errors) ? problem.errors.filter(isFieldError) : [];
    const why = textOf(problem.detail) ?? textOf(problem.title) ?? body.slice(0, 200);
    super(
      [`${call} was answered ${status}: ${why}`, ...errors.map((one) => `${one.path} ${one.message}`)].join(
        '; ',
      ),
    );
    this.status = status;
    this.code = textOf(problem.code);
    this.errors = errors;
    this.correlationId = textOf(problem.correlationId) ?? headers.get('x-correlation-id') ?? undefined;
    this.retryAfterMs = waitIn(headers.get('retry-after'));
  }
}

/** Nothing was answered, so nobody knows whether the request was carried out. `cause` says what happened. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** What a JSON object has in it; nothing, when the text is none: an answer may be cut off on its way. */
function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function isFieldError(value: unknown): value is FieldError {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'path' in value &&
    typeof value.path === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}

/** Seconds, as the API says them, or a date, as a proxy may. */
function waitIn(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
