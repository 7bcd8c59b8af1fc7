import type { DataOf, Envelope, Message, MessageType } from '@comanda/contracts';
import type { Needs, RowsOf } from '@comanda/storage';
import type { Effect } from './effects.js';
import type { Entropy } from './entropy.js';

/**
 * A handler does no I/O. It says which message it takes, which rows it needs, and what follows from both. The
 * runtime loads the rows of a whole batch, lets the handlers decide one after another, and saves what changed in
 * one transaction.
 */
export interface Handler {
  readonly on: MessageType;
  /** A sentence, as its file is named: it stands in logs and dead letters. */
  readonly name: string;
  /**
   * Whether anybody here wants the message, by its envelope and rows that are read. What nobody wants leaves no trace: its
   * data is not parsed, the inbox does not know it, and if it comes again this is asked again. Left out: each is wanted.
   */
  readonly wanted?: { needs(envelope: Envelope): Needs; by(envelope: Envelope, rows: never): boolean };
  needs(message: Message<never>): Needs;
  /** Rows that only the first ones name, e.g. the stock of what a reservation holds. */
  thenNeeds?(message: Message<never>, rows: never): Needs;
  decide(message: Message<never>, rows: never, context: Context): readonly Effect[];
}

/** What a decision may use besides its arguments, so that it stays a pure function of them. */
export interface Context extends Entropy {
  /** RFC 3339, UTC, milliseconds. */
  readonly now: string;
}

/** Declares a handler; names and types of its rows follow from its needs. */
export function on<
  M extends MessageType,
  N extends Needs,
  A extends Needs = Record<never, never>,
  W extends Needs = Record<never, never>,
>(
  type: M,
  name: string,
  rules: {
    wanted?: { needs(envelope: Envelope): W; by(envelope: Envelope, rows: RowsOf<W>): boolean };
    needs(message: Message<DataOf<M>>): N;
    thenNeeds?(message: Message<DataOf<M>>, rows: RowsOf<N>): A;
    decide(message: Message<DataOf<M>>, rows: RowsOf<N> & RowsOf<A>, context: Context): readonly Effect[];
  },
): Handler {
  // The runtime hands each handler only messages that its own schema parsed, and rows of its own needs.
  return { on: type, name, ...rules } as unknown as Handler;
}

/** Thrown by a handler that can't decide yet but may later: the message is tried again after a while. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
}
