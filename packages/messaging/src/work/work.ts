import type { Cause, Needs, RowsOf } from '@comanda/storage';
import type { z } from 'zod';
import type { Effect } from '../runtime/effects.js';
import type { Context } from '../runtime/handler.js';
import type { Pace } from './pace.js';

/** One started piece of work, as its `run` sees it. */
export interface Job<Payload> {
  readonly id: string;
  readonly tenantId: string;
  /** What the work is for, as it was scheduled; the kind's pace goes by it. */
  readonly key: string;
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
  /** How fast each key may go, so that one slow endpoint leaves room for the others; left out, keys don't matter. */
  readonly pace?: Pace;
  run(job: Job<never>): Promise<unknown>;
  /**
   * Does several jobs of one key as one, as many as the pace says at most: a result for each, in their order. Each keeps
   * its own lease and is decided by itself, all of them in one transaction.
   */
  together?(jobs: readonly [Job<never>, ...Job<never>[]]): Promise<readonly unknown[]>;
  /** Whose the work turned out to be, when only its result says so; else it is the tenant's who scheduled it. */
  tenantOf?(job: Job<never>, result: never): string;
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
  pace?: Pace;
  run(job: Job<z.output<P>>): Promise<Result>;
  together?(jobs: readonly [Job<z.output<P>>, ...Job<z.output<P>>[]]): Promise<readonly Result[]>;
  tenantOf?(job: Job<z.output<P>>, result: Result): string;
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
