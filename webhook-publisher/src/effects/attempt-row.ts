import type { AttemptResult } from '../domain/attempt-result.js';
import type { AttemptRow } from '../storage/tables.js';

type AttemptKey = Pick<AttemptRow, 'tenantId' | 'deliveryId' | 'attemptId' | 'at'>;
type Attempted = AttemptKey & Pick<AttemptRow, 'origin'>;

/** An attempt as a row in the history of its delivery. */
export function attemptRow(key: Attempted, result: AttemptResult): AttemptRow {
  switch (result.kind) {
    case 'response':
      return answered(key, { ...result, responseBody: result.body });
    case 'refused':
      return answered(key, { ...result, responseBody: result.detail });
    case 'moved':
      return answered(key, {
        ...result,
        responseBody: result.detail,
        note: `the subscriber has moved to ${result.target}`,
      });
    case 'failure':
      return unanswered(key, `${result.reason}: ${result.detail}`, result.durationMs);
    case 'not-attempted':
      return unanswered(key, result.detail);
  }
}

/** An attempt that was not made, because the subscription is disabled or deleted. */
export const droppedRow = (key: AttemptKey, reason: string): AttemptRow =>
  unanswered({ ...key, origin: null }, `not sent: ${reason}`);

const answered = (
  key: Attempted,
  {
    status,
    durationMs,
    responseBody,
    note,
  }: { status: number; durationMs: number; responseBody: string; note?: string },
): AttemptRow => ({ ...key, statusCode: status, durationMs, responseBody, error: null, note: note ?? null });

const unanswered = (key: Attempted, error: string, durationMs = 0): AttemptRow => ({
  ...key,
  statusCode: null,
  durationMs,
  responseBody: null,
  error,
  note: null,
});
