import type { ProblemCode } from '@comanda/contracts';
import { Unavailable } from '@comanda/messaging';
import { isOutage } from '@comanda/storage';
import { HttpException } from '@nestjs/common';
import { Problem, RETRY_AFTER_SECONDS } from './problem.js';

/** What Fastify and Nest refuse before any handler sees it. */
const REFUSED: Record<number, { code: ProblemCode; detail: string }> = {
  400: { code: 'BAD_REQUEST', detail: 'The request cannot be understood. See /docs.' },
  404: { code: 'NOT_FOUND', detail: 'There is nothing here. See /docs for what there is.' },
  413: { code: 'BODY_TOO_LARGE', detail: 'The body is larger than 100 KiB. Send less at once.' },
  414: {
    code: 'URL_TOO_LONG',
    detail: 'A part of the path is longer than any id. Take the id as it was given.',
  },
  415: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    detail: 'Send the body as application/json and say so in Content-Type.',
  },
};

const OTHERWISE = { code: 'REFUSED', detail: 'The request was refused. See /docs.' } as const;

/** Turns whatever was thrown into a problem; `undefined` for a bug of ours, which must be logged. */
export function problemOfError(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof Unavailable) return unavailable(error);
  if (isOutage(error)) return storageUnavailable();
  const status = error instanceof HttpException ? error.getStatus() : statusCodeOf(error);
  if (status === undefined || status < 400 || status >= 500) return undefined;
  if (isBadUrl(error)) return malformedUrl();
  const { code, detail } = REFUSED[status] ?? OTHERWISE;
  return new Problem(status, code, detail);
}

/** For errors on our side; the log has the cause, under the correlation id. */
export const internalProblem = (): Problem =>
  new Problem(
    500,
    'INTERNAL',
    'Something went wrong on our side. Tell us the correlationId if it happens again.',
  );

function unavailable({ reason }: Unavailable): Problem {
  const code = reason === 'broker' ? 'BROKER_UNAVAILABLE' : 'SERVICE_UNAVAILABLE';
  if (reason === 'timeout') return tookTooLong();
  const detail = 'This cannot be done at the moment. Try again shortly.';
  return new Problem(503, code, detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}

export const tookTooLong = (): Problem =>
  new Problem(
    503,
    'SERVICE_UNAVAILABLE',
    'What could answer took too long. Try again in a moment, with the same Idempotency-Key if there was one.',
    { headers: { 'retry-after': RETRY_AFTER_SECONDS } },
  );

/** Of the gateway's own database. */
const storageUnavailable = (): Problem =>
  new Problem(503, 'STORAGE_UNAVAILABLE', 'This cannot be done at the moment. Try again shortly.', {
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
  });

export const malformedUrl = (): Problem =>
  new Problem(
    400,
    'MALFORMED_URL',
    'The URL is no percent-encoded UTF-8, or holds the character NUL. Write é as %C3%A9 and % as %25.',
  );

/** What Fastify's router says of a path that it cannot decode. */
const isBadUrl = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'FST_ERR_BAD_URL';

/** Fastify's errors carry the status that they want to be answered with. */
function statusCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
