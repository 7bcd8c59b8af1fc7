import type { DataOf, EventType, Message, MessageType, Reply } from '@comanda/contracts';
import type { Append, Needs, Put, RowsOf } from '@comanda/storage';
import type { Cancel, Schedule } from '../work/work.js';
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

/** An event to publish; the runtime adds tenant, cause and correlation. */
export interface Emit {
  readonly kind: 'emit';
  readonly event: EventType;
  readonly id: string;
  readonly subject: string;
  readonly sequence: number;
  readonly data: unknown;
}

/** The answer to a command, for whoever still waits for it. */
export interface Respond {
  readonly kind: 'respond';
  readonly reply: Reply;
}

/** What follows from a message. */
export type Effect = Put | Append | Emit | Schedule | Cancel | Respond;

/** Declares a handler; names and types of its rows follow from `needs` and `also`. */
export function on<M extends MessageType, N extends Needs, A extends Needs = Record<never, never>>(
  type: M,
  name: string,
  rules: {
    needs(message: Message<DataOf<M>>): N;
    thenNeeds?(message: Message<DataOf<M>>, rows: RowsOf<N>): A;
    decide(message: Message<DataOf<M>>, rows: RowsOf<N> & RowsOf<A>, context: Context): readonly Effect[];
  },
): Handler {
  // The runtime hands each handler only messages that its own schema parsed, and rows of its own needs.
  return { on: type, name, ...rules } as unknown as Handler;
}

export const emit = <E extends EventType>(
  event: E,
  fields: { id: string; subject: string; sequence: number; data: DataOf<E> },
): Emit => ({ kind: 'emit', event, ...fields });

export const respond = (reply: Reply): Respond => ({ kind: 'respond', reply });

/** Thrown by a handler that can't decide yet but may later: the message goes up the retry ladder. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
}

/** A message that can never be handled as it is: it goes to the dead letters at once. */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
}
