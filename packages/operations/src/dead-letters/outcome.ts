import type { DeadLetter, DeadLetterOutcome } from '@comanda/contracts';

/** What is done to dead letters, and by whom. */
export interface Action {
  readonly kind: 'replay' | 'discard';
  /** Stands in the dead letter's history and in the log. */
  readonly by: string;
  /** Changes nothing, and says what would happen. */
  readonly dryRun: boolean;
  /** Replays what is too old, too. */
  readonly force?: boolean;
}

export type Outcome = Exclude<DeadLetterOutcome, { kind: 'none' }>;

/** What an id led to, when it was not to one dead letter. */
export type NotOne = { readonly kind: 'none' } | { readonly kind: 'several'; readonly queues: string[] };

export type Found = DeadLetter | NotOne;
