import type { AttemptResult } from '../domain/attempt-result.js';
import type { AttemptRow } from '../storage/tables.js';

type Outcome = Pick<AttemptRow, 'statusCode' | 'durationMs' | 'responseBody' | 'error'>;

/** An attempt for the history of its delivery. */
export function outcomeOf(result: AttemptResult): Outcome {
  switch (result.kind) {
    case 'response':
      return answered(result.status, result.durationMs, result.body);
    case 'refused':
      return answered(result.status, result.durationMs, result.detail);
    case 'failure':
      return unanswered(`${result.reason}: ${result.detail}`, result.durationMs);
    case 'not-attempted':
      return unanswered(result.detail);
  }
}

/** An attempt that was not made. */
export const notSent = (reason: string): Outcome => unanswered(`not sent: ${reason}`);

const answered = (statusCode: number, durationMs: number, responseBody: string): Outcome => ({
  statusCode,
  durationMs,
  responseBody,
  error: null,
});

const unanswered = (error: string, durationMs = 0): Outcome => ({
  statusCode: null,
  durationMs,
  responseBody: null,
  error,
});
