import type { Reply } from '@comanda/contracts';
import type { Cause, Needs, WorkRow } from '@comanda/storage';
import type { Effect } from './effects.js';
import type { Context } from './handler.js';

/** One thing to decide upon: a message that came in, or the result of a piece of work. */
export interface Task {
  /** The sentence that names what is done, for logs and dead letters. */
  readonly name: string;
  /** The type of the message, or the kind of the work. */
  readonly type: string;
  readonly cause: Cause;
  /** What makes it happen only once: the message's place in the inbox, or the lease on the work. */
  readonly claim: { readonly kind: 'inbox' } | { readonly kind: 'lease'; readonly job: WorkRow };
  /** Whether anybody wants it, by rows that are read; left out: it is wanted. */
  readonly wanted?: { needs(): Needs; by(rows: Record<string, unknown>): boolean };
  needs(): Needs;
  /** What else it needs, now that the first rows are there. */
  readonly thenNeeds?: (rows: Record<string, unknown>) => Needs;
  decide(rows: Record<string, unknown>, context: Context): readonly Effect[];
}

export type Decision =
  | { readonly kind: 'done'; readonly reply?: Reply }
  /** The inbox has the message already, or another worker has the lease: nothing was done. */
  | { readonly kind: 'not-ours' }
  /** Nobody wants it: nothing was done, and nothing remembers it. */
  | { readonly kind: 'not-wanted' }
  | { readonly kind: 'failed'; readonly error: unknown };
