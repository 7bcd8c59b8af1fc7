import type { AttemptResult } from '../domain/attempt-result.js';

export const anAnswer = (status: number): AttemptResult => ({
  kind: 'response',
  status,
  body: 'the answer',
  durationMs: 7,
});
