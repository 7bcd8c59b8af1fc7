import type { DataOf, EventType, Reply } from '@comanda/contracts';
import type { Append, Put } from '@comanda/storage';

/** An event to publish; the runtime adds tenant, cause and correlation. */
export interface Emit {
  readonly kind: 'emit';
  readonly event: EventType;
  readonly id: string;
  readonly subject: string;
  readonly sequence: number;
  readonly data: unknown;
}

/** The answer to a command, for a caller that still waits for it. */
export interface Respond {
  readonly kind: 'respond';
  readonly reply: Reply;
}

/** Work to be done then, or at once. */
export interface Schedule {
  readonly kind: 'schedule';
  readonly work: string;
  readonly id: string;
  readonly dueAt: string;
  readonly payload: unknown;
  readonly key: string;
}

/** Work that is not needed any longer. */
export interface Cancel {
  readonly kind: 'cancel';
  readonly work: string;
  readonly id: string;
}

/** What follows from a message, or from the result of a piece of work. */
export type Effect = Put | Append | Emit | Schedule | Cancel | Respond;

export const emit = <E extends EventType>(
  event: E,
  fields: { id: string; subject: string; sequence: number; data: DataOf<E> },
): Emit => ({ kind: 'emit', event, ...fields });

export const respond = (reply: Reply): Respond => ({ kind: 'respond', reply });

/** Writes down work; the same kind and id replaces what was scheduled before. */
export const schedule = (what: {
  work: string;
  id: string;
  dueAt: string;
  payload?: unknown;
  /** Whom it is for, where the kind has a pace for each of them. */
  key?: string;
}): Schedule => ({ kind: 'schedule', payload: {}, key: '', ...what });

/** Strikes out work that is not needed any longer; a result of it that is under way is refused. */
export const cancel = (work: string, id: string): Cancel => ({ kind: 'cancel', work, id });
