import type { DeadLetter } from './letter.js';
import type { Obstacle } from './obstacle.js';
import type { Prospect } from './prospect.js';

/** Who does it, and how. */
export interface Doing {
  /** Stands in the letter's history and in the log. */
  readonly by: string;
  /** Changes nothing, and tells what would happen. */
  readonly dryRun: boolean;
}
export interface Replaying extends Doing {
  /** Puts back what is too old, too. */
  readonly force?: boolean;
}

export type Outcome =
  | { readonly kind: 'replayed'; readonly letter: DeadLetter; readonly prospect: Prospect }
  | { readonly kind: 'refused'; readonly letter: DeadLetter; readonly obstacle: Obstacle }
  | { readonly kind: 'discarded'; readonly letter: DeadLetter };

/** What an id led to, when it was not to one letter. */
export type NotOne = { readonly kind: 'none' } | { readonly kind: 'several'; readonly queues: string[] };
