import type { timeline } from '../storage/tables.js';

type Step = ReturnType<typeof timeline.decode>;

/** A step of the timeline as clients see it. */
export const stepView = ({ at, service, type, messageId, causationId, detail }: Step) => ({
  ...{ at, service, type, messageId },
  ...(causationId !== null && { causationId }),
  detail,
});
