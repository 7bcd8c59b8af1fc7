import type { Payment } from './payment.js';

/** What a provider says of a charge. */
export type ChargeResult =
  | { readonly kind: 'captured'; readonly reference: string }
  | { readonly kind: 'declined'; readonly code: string; readonly reason: string }
  /** "Not now", in so many words: nothing was charged, and the same charge may be tried again. */
  | { readonly kind: 'retry'; readonly code: string; readonly reason: string }
  /** The provider knows of the payment now. It is charged with the next call, after we have kept its reference. */
  | { readonly kind: 'opened'; readonly reference: string }
  /** Neither charged nor declined yet; the provider tells, or is asked again. */
  | { readonly kind: 'pending'; readonly reference: string }
  /** Not charged, and never will be. */
  | { readonly kind: 'closed' }
  /** The provider was not asked, or did not listen: this call has charged nothing. */
  | { readonly kind: 'unavailable' }
  /** No answer: perhaps it was charged, so it is asked for before it is tried again. */
  | { readonly kind: 'unknown' };

/** What a provider says when it is asked what became of a charge; `none`: nothing has. */
export type Found = ChargeResult | { readonly kind: 'none' };

/** How far a charge has come; it is kept from one start of the work to the next. */
export interface Progress {
  /** Up to and with this start it is certain that nothing was charged. */
  readonly certain: number;
  /** How often the provider has said "not now". */
  readonly refusals: number;
  /** When the reservation ends (RFC 3339). From then on nothing is charged. */
  readonly expiresAt: string;
}

export type ChargeStep =
  | { readonly kind: 'completed'; readonly payment: Payment; readonly refund: boolean }
  | { readonly kind: 'failed'; readonly payment: Payment }
  /** Time is up. Nothing is told: the reservation's own end cancels the order. */
  | { readonly kind: 'void'; readonly payment: Payment }
  | {
      readonly kind: 'again';
      readonly payment: Payment;
      readonly dueAt: string;
      readonly progress: Progress;
    };

/** Seconds to wait after the 1st, 2nd, 3rd "not now"; after one more the payment has failed. */
export const CHARGE_RETRY_SECONDS = [2, 4, 8] as const;

/** Longest wait for a provider that is away or has not decided: while the order waits, and after it has ended. */
const MAX_WAIT_SECONDS = { open: 15, over: 300 } as const;

/** Whether no earlier start can have charged anything, e.g. one that a crash left without a result. */
export const isCertain = (start: number, { certain }: Progress): boolean => start === certain + 1;

/** Whether the money is not wanted (any longer): the order has ended, or its stock is not held any more. */
export const isOver = (payment: Payment, { expiresAt }: Progress, now: string): boolean =>
  payment.refundOnCapture || Date.parse(expiresAt) <= Date.parse(now);

/**
 * What follows from the answer to a charge. An order whose time is not up waits for a provider that is away; nothing
 * is rejected for that. When the order ended while the provider was asked, what it captured is refunded.
 * @param start how often the work was started, this time included
 */
export function charged(
  payment: Payment,
  result: ChargeResult,
  { start, progress }: { start: number; progress: Progress },
  now: string,
): ChargeStep {
  const again = (seconds: number, changed: Partial<Progress>, reference = payment.reference): ChargeStep => ({
    kind: 'again',
    payment: reference === payment.reference ? payment : { ...payment, reference, updatedAt: now },
    dueAt: dueAt(seconds, progress.expiresAt, now),
    progress: { ...progress, ...changed },
  });
  const later = waitSeconds(start, isOver(payment, progress, now));
  switch (result.kind) {
    case 'captured':
      return {
        kind: 'completed',
        payment: { ...payment, status: 'COMPLETED', reference: result.reference, updatedAt: now },
        refund: payment.refundOnCapture,
      };
    case 'declined':
      return failed(payment, result.code, result.reason, now);
    case 'closed':
      return closed(payment, progress, now);
    case 'retry': {
      const wait = CHARGE_RETRY_SECONDS[progress.refusals];
      if (wait === undefined || payment.refundOnCapture)
        return failed(payment, result.code, result.reason, now);
      return again(wait, { certain: start, refusals: progress.refusals + 1 });
    }
    case 'opened':
      return again(0, { certain: start }, result.reference);
    case 'pending':
      return again(later, {}, result.reference);
    case 'unavailable':
      // A doubt from before remains one.
      return again(later, isCertain(start, progress) ? { certain: start } : {});
    case 'unknown':
      return again(later, {});
  }
}

/** Nothing was charged, and the door is shut. */
function closed(payment: Payment, progress: Progress, now: string): ChargeStep {
  if (payment.refundOnCapture)
    return failed(payment, 'ORDER_ENDED', 'The order ended before it was paid', now);
  if (isOver(payment, progress, now))
    return { kind: 'void', payment: { ...payment, status: 'VOID', updatedAt: now } };
  return failed(payment, 'CANCELLED_AT_PROVIDER', 'The payment was cancelled at the provider', now);
}

const failed = (payment: Payment, code: string, reason: string, now: string): ChargeStep => ({
  kind: 'failed',
  payment: { ...payment, status: 'FAILED', failureCode: code, failureReason: reason, updatedAt: now },
});

const waitSeconds = (start: number, over: boolean): number =>
  Math.min(2 ** Math.min(start, 16), MAX_WAIT_SECONDS[over ? 'over' : 'open']);

/** Not beyond the reservation's end: then there is something else to do. */
function dueAt(seconds: number, expiresAt: string, now: string): string {
  const [at, end] = [Date.parse(now) + seconds * 1000, Date.parse(expiresAt)];
  return new Date(end > Date.parse(now) ? Math.min(at, end) : at).toISOString();
}
