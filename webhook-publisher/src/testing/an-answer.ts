import type { Answered } from '../domain/attempt-result.js';

export const anAnswer = (status: number): Answered => ({
  kind: 'response',
  status,
  body: 'the answer',
  durationMs: 7,
});
