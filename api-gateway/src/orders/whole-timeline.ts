import type { TimelineStep } from '@comanda/contracts';
import type { z } from 'zod';

type Step = z.infer<typeof TimelineStep>;

/**
 * The steps of an order with those of who was told of it. The order's own stay as they are: its service has put them in the
 * order in which it learned of them. What was told stands where its time is, and never before its cause.
 */
export function wholeTimeline(steps: readonly Step[], attempts: readonly Step[]): Step[] {
  const after = attempts.map((attempt) => ({ attempt, place: placeOf(attempt, steps) }));
  const before = (place: number) => after.filter((one) => one.place === place).map(({ attempt }) => attempt);
  return [...before(0), ...steps.flatMap((step, at) => [step, ...before(at + 1)])];
}

/** After how many of the order's steps an attempt stands. */
function placeOf({ at, causationId }: Step, steps: readonly Step[]): number {
  const earlier = steps.findLastIndex((step) => step.at <= at);
  const cause = steps.findIndex(({ messageId }) => messageId === causationId);
  return Math.max(earlier, cause) + 1;
}
