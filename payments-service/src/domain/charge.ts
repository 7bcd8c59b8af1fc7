import type { Payment } from './payment.js';

/** A provider's answer to a charge. */
export type ChargeResult =
  | { readonly kind: 'captured'; readonly reference: string }
  | { readonly kind: 'declined'; readonly code: string; readonly reason: string }
  /** The provider said "not now": nothing was charged, and the same charge may be tried again. */
  | { readonly kind: 'retry'; readonly code: string; readonly reason: string }
  /** The provider knows the payment. The next call charges it, after we have stored its reference. */
  | { readonly kind: 'opened'; readonly reference: string }
  /** Neither charged nor declined yet: the provider calls, or we ask again. */
  | { readonly kind: 'pending'; readonly reference: string }
  /** Not charged, and never will be. */
  | { readonly kind: 'closed' }
  /** The provider was not asked, or refused to listen: this call charged nothing. */
  | { readonly kind: 'unavailable'; readonly waitSeconds?: number }
  /** No answer: it may have been charged, so we ask before we charge again. */
  | { readonly kind: 'unknown' };

/** A provider's answer to the question what became of a charge; `none`: nothing did. */
export type ChargeLookup = ChargeResult | { readonly kind: 'none' };

/** How far a charge has come; the work carries it from one start to the next. */
export interface Progress {
  /** No start up to this one, itself included, charged anything: that is certain. */
  readonly certain: number;
  /** How often the provider said "not now". */
  readonly refusals: number;
  /** When the reservation ends (RFC 3339). From then on nothing is charged. */
  readonly expiresAt: string;
}

export type ChargeStep =
  | { readonly kind: 'completed'; readonly payment: Payment; readonly refund: boolean }
  | { readonly kind: 'failed'; readonly payment: Payment }
  /** Time is up. No event: the expiry of the reservation cancels the order. */
  | { readonly kind: 'void'; readonly payment: Payment }
  | {
      readonly kind: 'again';
      readonly payment: Payment;
      readonly dueAt: string;
      readonly progress: Progress;
    };

/** Seconds to wait after the 1st, 2nd, 3rd "not now"; after one more the payment has failed. */
export const CHARGE_RETRY_SECONDS = [2, 4, 8] as const;

/** The longest wait for a provider that is away or has not decided: while the order waits, and after it ended. */
const MAX_WAIT_SECONDS = { open: 15, over: 300 } as const;

/** Whether no earlier start can have charged anything, e.g. a start that crashed before it had a result. */
export const isCertain = (start: number, { certain }: Progress): boolean => start === certain + 1;

/** Whether nobody wants the money any more: the order has ended, or its reservation has expired. */
export const isOver = (payment: Payment, { expiresAt }: Progress, now: string): boolean =>
  payment.refundOnCapture || Date.parse(expiresAt) <= Date.parse(now);

/**
 * What follows from the answer to a charge. While its reservation holds, an order waits for a provider that is away; it is
 * not rejected for that. A late payment, captured after the order ended, is refunded (`refundOnCapture`).
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
      // An earlier start that may have charged is still in doubt.
      return again(longerOf(later, result.waitSeconds), isCertain(start, progress) ? { certain: start } : {});
    case 'unknown':
      return again(later, {});
  }
}

/** Nothing was charged, and nothing can be charged any more. */
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

/** A provider that asks to be left alone is, for some minutes at most. */
export const longerOf = (seconds: number, asked = 0): number =>
  Math.max(seconds, Math.min(asked, MAX_WAIT_SECONDS.over));

/** Not after the reservation's end, when the payment has to be closed. */
function dueAt(seconds: number, expiresAt: string, now: string): string {
  const [at, end] = [Date.parse(now) + seconds * 1000, Date.parse(expiresAt)];
  return new Date(end > Date.parse(now) ? Math.min(at, end) : at).toISOString();
}
