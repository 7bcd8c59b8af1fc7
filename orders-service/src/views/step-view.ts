import { TimelineStep, viewOf } from '@comanda/contracts';
import type { timeline } from '../storage/tables.js';

/** A step of the timeline as clients see it. */
export const stepView = (step: ReturnType<typeof timeline.decode>) => viewOf(TimelineStep, step);
