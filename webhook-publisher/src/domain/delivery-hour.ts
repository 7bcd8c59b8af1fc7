import type { LastAnswer } from '@comanda/contracts';
import { type Durations, withDuration } from './durations.js';

/** What happened to the deliveries of a subscription in one hour. */
export interface HourOfDeliveries {
  readonly delivered: number;
  readonly failed: number;
  readonly dropped: number;
  readonly attempts: number;
  readonly durations: Durations;
  readonly lastAnswers: readonly LastAnswer[];
  readonly lastDeliveredAt: string | null;
  readonly lastError: string | null;
}

export const NOTHING_YET: HourOfDeliveries = {
  ...{ delivered: 0, failed: 0, dropped: 0, attempts: 0, durations: {}, lastAnswers: [] },
  ...{ lastDeliveredAt: null, lastError: null },
};

/** An attempt as its history has it, and what became of the delivery with it; absent when it goes on. */
export interface CountedAttempt {
  readonly deliveryId: string;
  readonly at: string;
  readonly statusCode: number | null;
  readonly durationMs: number;
  readonly error: string | null;
  readonly end?: 'delivered' | 'failed' | 'dropped' | undefined;
}

/** How many answers an hour keeps. */
const KEPT = 10;

/** When the hour of this moment began. */
export const hourOf = (at: string): string => `${at.slice(0, 13)}:00:00.000Z`;

/** The hour with one more attempt; what was dropped was none. */
export function withAttempt<Hour extends HourOfDeliveries>(
  hour: Hour,
  { deliveryId, at, statusCode, durationMs, error, end }: CountedAttempt,
): Hour {
  const answer = {
    ...{ deliveryId, at, durationMs },
    ...(statusCode !== null && { statusCode }),
    ...(error !== null && { error }),
  };
  const counted = {
    ...hour,
    ...(end && { [end]: hour[end] + 1 }),
    lastAnswers: [answer, ...hour.lastAnswers].slice(0, KEPT),
    ...(end === 'delivered' ? { lastDeliveredAt: at } : { lastError: error ?? `answered ${statusCode}` }),
  };
  if (end === 'dropped') return counted;
  return {
    ...counted,
    attempts: hour.attempts + 1,
    durations: withDuration(hour.durations, durationMs),
  };
}
