import { json, type Needs, type RowOf, type RowsOf } from '@comanda/storage';
import { z } from 'zod';
import type { Context, Effect } from '../runtime/handler.js';

/** What caused a piece of work: enough to tell the events that come of it where they belong. */
export const Cause = z.object({
  id: z.string(),
  tenantid: z.string(),
  correlationid: z.string(),
  traceparent: z.string().optional(),
});
export type Cause = z.infer<typeof Cause>;

/**
 * Something to be done outside the database, or later: a row written in the same transaction as its reason, so it
 * is neither forgotten nor done for something that did not happen.
 */
export const workColumns = {
  kind: z.string(),
  id: z.string(),
  tenantId: z.string(),
  /** Whom it is for, where a kind limits how much runs at once for the same one; else empty. */
  key: z.string(),
  /** Nobody touches it before; claiming it moves this to the end of the lease. */
  dueAt: z.string(),
  /** How often it was started, this time included. */
  attempt: z.number(),
  /** Grows with every claim; a result that carries an older number is refused. */
  fence: z.number(),
  payload: json(z.unknown()),
  cause: json(Cause),
};
export type WorkRow = RowOf<typeof workColumns>;

export interface Schedule {
  readonly kind: 'schedule';
  readonly work: string;
  readonly id: string;
  readonly dueAt: string;
  readonly payload: unknown;
  readonly key: string;
}

export interface Cancel {
  readonly kind: 'cancel';
  readonly work: string;
  readonly id: string;
}

/** Writes down work; the same kind and id replaces what was scheduled before. */
export const schedule = (what: {
  work: string;
  id: string;
  dueAt: string;
  payload?: unknown;
  /** Whom it is for, where the kind limits how much runs at once for the same one. */
  key?: string;
}): Schedule => ({ kind: 'schedule', payload: {}, key: '', ...what });

/** Strikes out work that is not needed any longer; a result of it that is under way is refused. */
export const cancel = (work: string, id: string): Cancel => ({ kind: 'cancel', work, id });

/** One started piece of work, as its `run` sees it. */
export interface Job<Payload> {
  readonly id: string;
  readonly tenantId: string;
  /** 1 for the first start. */
  readonly attempt: number;
  readonly payload: Payload;
  readonly cause: Cause;
}

/**
 * A kind of work: `run` does what is outside (it may be done twice after a crash, so it carries an idempotency
 * key), `decide` turns its result into rows and events, committed together and only while the lease holds.
 * Expected failures are results; what `run` throws is a bug or the world breaking, and is tried again when the
 * lease ends.
 */
export interface WorkKind {
  readonly kind: string;
  readonly payload: z.ZodType;
  /** How long one start may take before another worker takes over. */
  readonly leaseSeconds: number;
  /** How many of this kind run at once in this process. */
  readonly concurrency: number;
  /** How many of these may have the same key, so that one slow endpoint leaves room for the others. */
  readonly perKey?: number;
  run(job: Job<never>): Promise<unknown>;
  needs(job: Job<never>, result: never): Needs;
  thenNeeds?(job: Job<never>, result: never, rows: never): Needs;
  decide(job: Job<never>, result: never, rows: never, context: Context): readonly Effect[];
}

export function defineWork<
  P extends z.ZodType,
  Result,
  N extends Needs,
  A extends Needs = Record<never, never>,
>(rules: {
  kind: string;
  payload: P;
  leaseSeconds: number;
  concurrency: number;
  perKey?: number;
  run(job: Job<z.output<P>>): Promise<Result>;
  needs(job: Job<z.output<P>>, result: Result): N;
  thenNeeds?(job: Job<z.output<P>>, result: Result, rows: RowsOf<N>): A;
  decide(
    job: Job<z.output<P>>,
    result: Result,
    rows: RowsOf<N> & RowsOf<A>,
    context: Context,
  ): readonly Effect[];
}): WorkKind {
  // The runtime hands each kind only jobs whose payload its own schema parsed, and rows of its own needs.
  return rules as unknown as WorkKind;
}
